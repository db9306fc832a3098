import { type VariableId, variableId } from "../../../ir/axis-ids.ts";
import type { DeviceProfile } from "../../../ir/device-profile.ts";
import { axisIndex, call, intConstant } from "../../../ir/expr/expr.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../../ir/expr/rewrite-expr.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { KernelTensor } from "../../../ir/kernel/kernel-tensor.ts";
import type { Store } from "../../../ir/kernel/loops.ts";
import { rewriteStore } from "../../../ir/kernel/rewrite-store.ts";
import type { PackingOf, ScheduledKernel } from "../../../ir/schedule.ts";
import { CalledFunctions } from "../functions/called-functions.ts";
import { BindingTable } from "./binding-table.ts";
import { Block } from "./block.ts";
import { ValuePlanner } from "./value-planner.ts";
import { ValuePrinter } from "./value-printer.ts";
import type { Width } from "./value-types.ts";

/** Built-in values that a nest may ask for, with their WGSL types. */
const builtins = {
  workgroup_id: "vec3u",
  num_workgroups: "vec3u",
  local_invocation_index: "u32",
  subgroup_invocation_id: "u32",
  subgroup_id: "u32",
} as const;
type Builtin = keyof typeof builtins;

/** Mesa's software driver unrolls loops of up to 32 turns; twice that is safe. */
const longestUnrolled = 64;

/** A variable of the loop nest: its name in WGSL and the expression that stands for it. */
export interface LoopVariable {
  readonly name: string;
  readonly axis: VariableId;
  readonly expr: Expr;
}

/** Four neighbouring positions of a loop. */
export interface FourPositions extends LoopVariable {
  /** The axis of the lanes. */
  readonly axis: VariableId;
  readonly at: (lane: number) => Expr;
}

/** What a nest writes into: the body of the kernel, its variables and its values. */
export class KernelWriter {
  readonly scheduled: ScheduledKernel;
  readonly root = new Block();
  readonly functions = new CalledFunctions();
  readonly bindings: BindingTable;
  readonly planner: ValuePlanner;
  readonly printer: ValuePrinter;
  readonly #used = new Set<Builtin>();
  readonly #isSoftware: boolean;
  /** Kernels number their axes from 0, so the variables of the nest go down from -1. */
  #nextAxis = -1;
  /** Far above the kernel's own reductions, which count from 0. */
  #nextResult = 1000;
  /**
   * Set by nests whose loops depend on numbers that are equal in all lanes, as broadcasts made them, which
   * WGSL's analysis of subgroups does not find out.
   */
  hidesUniformity = false;
  readonly #once = new Map<string, LoopVariable>();
  readonly #workgroupVariables = new Map<string, string>();
  readonly #required = new Set<string>();

  constructor(
    scheduled: ScheduledKernel,
    tensors: readonly KernelTensor[],
    packingOf: PackingOf,
    profile: DeviceProfile,
    wide: ReadonlySet<number> | undefined,
  ) {
    this.scheduled = scheduled;
    this.#isSoftware = profile.isSoftware;
    this.bindings = new BindingTable(tensors, packingOf, profile, wide);
    this.planner = new ValuePlanner(this.root, this.bindings, this.functions);
    this.printer = new ValuePrinter(this.planner);
  }

  builtin(name: Builtin): string {
    this.#used.add(name);
    return name;
  }

  get parameters(): string[] {
    const names = Object.keys(builtins) as Builtin[];
    return names
      .filter((name) => this.#used.has(name))
      .map((name) => `@builtin(${name}) ${name}: ${builtins[name]}`);
  }

  get usesSubgroups(): boolean {
    return this.#used.has("subgroup_invocation_id") || this.#used.has("subgroup_id");
  }

  get usesSubgroupNumbers(): boolean {
    return this.#used.has("subgroup_id");
  }

  /** The text needs this feature of the device, though no binding and no built-in value shows it. */
  require(feature: "shader-f16" | "chromium-experimental-subgroup-matrix"): void {
    this.#required.add(feature);
  }

  needs(feature: string): boolean {
    return this.#required.has(feature);
  }

  /** Declares a variable that the invocations of a workgroup share. */
  workgroupVariable(name: string, type: string): void {
    this.#workgroupVariables.set(name, type);
  }

  get workgroupVariables(): string[] {
    return [...this.#workgroupVariables].map(([name, type]) => `var<workgroup> ${name}: ${type};`);
  }

  /** A variable with values from 0 to extent - 1 that the caller declares as i32 in `block`. */
  variable(name: string, extent: number, block: Block): LoopVariable {
    const axis = variableId(this.#nextAxis--);
    this.planner.variables.bindAxis(axis, name, block);
    // Not `axisIndex`: the name must appear even where only 0 is possible.
    return { name, axis, expr: extent === 1 ? intConstant(0) : axisIndex(axis, extent) };
  }

  /** Declares a variable with a value: `let name: i32 = value`. */
  define(name: string, value: string, extent: number, block: Block): LoopVariable {
    block.add(`let ${name} = ${value};`);
    return this.variable(name, extent, block);
  }

  /**
   * A position along a vectorised loop: the caller declares `name` as the number of a group of four, and
   * the lanes of a vector are the four positions in it.
   */
  fours(name: string, extent: number, block: Block): FourPositions {
    return this.foursOf(name, this.variable(name, Math.ceil(extent / 4), block).expr);
  }

  /** The same for a group whose number is made of other variables. */
  foursOf(name: string, group: Expr): FourPositions {
    const axis = variableId(this.#nextAxis--);
    this.planner.variables.bindAxis(axis, "0", this.root);
    const first = call("mul", [group, intConstant(4)], "i32");
    return {
      name,
      axis,
      expr: call("add", [first, axisIndex(axis, 4)], "i32"),
      at: (lane) => call("add", [first, intConstant(lane)], "i32"),
    };
  }

  /** The same, where a variable of this name may have been declared before. */
  once(name: string, value: string, extent: number, block: Block): LoopVariable {
    const known = this.#once.get(name);
    if (known !== undefined) return known;
    const variable = this.define(name, value, extent, block);
    this.#once.set(name, variable);
    return variable;
  }

  /** The result of a reduction of the kernel that has several variables, one for each row of a tile. */
  result(name: string, width: Width, block: Block, type: ScalarType = "f32"): Expr {
    const reduction = this.#nextResult++;
    this.planner.variables.bindReduced(reduction, name, block, width);
    return { kind: "reduced", reduction, type };
  }

  /** The number of the workgroup, folded over x and y. */
  groupNumber(groupsPerLine: number): string {
    const id = this.builtin("workgroup_id");
    const [, lines] = this.scheduled.workgroups;
    return lines > 1 ? `i32(${id}.y) * ${groupsPerLine} + i32(${id}.x)` : `i32(${id}.x)`;
  }

  /** The number of the invocation over all workgroups. */
  invocationNumber(groupsPerLine: number): string {
    const size = this.scheduled.workgroupSize;
    const local = this.builtin("local_invocation_index");
    const group = this.groupNumber(groupsPerLine);
    const isSum = group.includes("+");
    return `${isSum ? `(${group})` : group} * ${size} + i32(${local})`;
  }

  /** Ends invocations beyond the last item, where the workgroups have more than there are items. */
  guard(name: string, items: number, perGroup = this.scheduled.workgroupSize): void {
    const [x, y] = this.scheduled.workgroups;
    if (x * y * perGroup > items) this.root.add(`if (${name} >= ${items}) {`, "  return;", "}");
  }

  /**
   * Stores at four neighbours; where their count is no multiple of 4, at those that exist. What stands once per
   * row is stored beside the first of them.
   */
  storeFour(all: readonly Store[], four: FourPositions, count: number, block: Block): void {
    const stores = all.filter(({ perRow }) => perRow !== true);
    this.storeRow(all, four.name, block);
    if (count % 4 === 0) {
      for (const store of stores) this.printer.store(store, four.axis, block);
      return;
    }
    for (let lane = 0; lane < 4; lane++) {
      block.nest(
        `if (4 * ${four.name} + ${lane} < ${count})`,
        (inside) => {
          for (const store of stores) this.printer.storeLane(store, four.axis, lane, inside);
        },
        { isConditional: true },
      );
    }
  }

  /** Of `all` what stands once per row, by the invocation whose position along the row is 0. */
  storeRow(all: readonly Store[], position: string, block: Block): void {
    const stores = all.filter(({ perRow }) => perRow === true);
    if (stores.length === 0) return;
    block.nest(
      `if (${position} == 0)`,
      (inside) => {
        for (const store of stores) this.printer.store(store, undefined, inside);
      },
      { isConditional: true },
    );
  }

  /**
   * The end of a loop. Where a CPU driver would unroll it, the end is hidden behind a test that only the
   * dispatch decides: compiling each load of an unrolled loop takes the driver milliseconds, and nests of
   * short loops took it seconds.
   */
  bound(turns: number): string {
    if (!this.#isSoftware || turns < 2 || turns > longestUnrolled) return String(turns);
    return `select(0, ${turns}, ${this.builtin("num_workgroups")}.x > 0u)`;
  }

  /**
   * Stores the rows of a tile from `first` on, `lists` naming what belongs to each row. A quarter of
   * the rows is printed; a loop of four turns moves the others into their places. A CPU driver compiles
   * that several times faster than every row spelt out. A block of its own may lie beyond the last row.
   */
  storeInTurns(
    block: Block,
    lists: readonly (readonly string[])[],
    rowCount: number,
    storeRow: (row: LoopVariable, names: readonly string[], block: Block) => void,
    own?: { readonly first: string; readonly name: string },
  ): void {
    const { first, name: prefix } = own ?? { first: "firstRow", name: "out" };
    const rows = lists[0]?.length ?? 0;
    block.nest(`for (var turn = 0; turn < ${this.bound(4)}; turn++)`, (inside) => {
      for (let place = 0; place < rows; place += 4) {
        const text = place === 0 ? `${first} + turn` : `${first} + ${place} + turn`;
        const store = (body: Block): void => {
          const row = this.define(`${prefix}${place}`, text, rowCount, body);
          storeRow(
            row,
            lists.map((names) => names[place] ?? ""),
            body,
          );
        };
        // A row is in range whatever the condition says, so loads that do not need it may leave the block.
        if (rowCount % rows !== 0 || own !== undefined)
          inside.nest(`if (${text} < ${rowCount})`, store);
        else store(inside);
      }
      for (const names of lists) {
        for (const [place, name] of names.entries()) {
          if (place + 1 < rows) inside.add(`${name} = ${names[place + 1]};`);
        }
      }
    });
  }

  /** `for` over all positions, or over groups of four of them. */
  loop(
    block: Block,
    name: string,
    extent: number,
    vector: Width,
    body: (variable: LoopVariable, block: Block) => void,
    stride?: { readonly first: string; readonly step: number; readonly end?: string },
  ): void {
    const advance = stride === undefined ? `${name}++` : `${name} += ${stride.step}`;
    block.nest(
      `for (var ${name} = ${stride?.first ?? 0}; ${name} < ${stride?.end ?? this.bound(extent / vector)}; ${advance})`,
      (inner) => {
        const variable =
          vector === 4 ? this.fours(name, extent, inner) : this.variable(name, extent, inner);
        body(variable, inner);
      },
      // Where the first position differs by lane, some lanes may find nothing to do.
      { isConditional: extent === 0 || stride !== undefined },
    );
  }
}

/** Expressions with the kernel's axes, and perhaps its results, replaced by the nest's variables. */
export function placed(
  axes: ReadonlyMap<number, Expr>,
  ...results: readonly Expr[]
): (expr: Expr) => Expr {
  return makeRewriter((leaf) => {
    if (leaf.kind === "axis") return axes.get(leaf.axis);
    return leaf.kind === "reduced" ? results[leaf.reduction] : undefined;
  });
}

export function placedStore(store: Store, place: (expr: Expr) => Expr): Store {
  return rewriteStore(store, place);
}

export function mergedPositions(
  ...maps: readonly ReadonlyMap<number, Expr>[]
): ReadonlyMap<number, Expr> {
  return new Map(maps.flatMap((map) => [...map]));
}
