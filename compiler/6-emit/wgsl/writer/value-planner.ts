import { InternalError, invariant, unreachable } from "../../../diagnostics/internal-error.ts";
import type { VariableId } from "../../../ir/axis-ids.ts";
import { nodesOf } from "../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { rangeOf } from "../../../ir/expr/expr-range.ts";
import { IndexSteps, type Steps } from "../../../ir/expr/index-steps.ts";
import {
  divideForm,
  exprOfForm,
  type IntegerForm,
  moduloForm,
} from "../../../ir/expr/integer-form.ts";
import type { Load } from "../../../ir/expr/rewrite-expr.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import { tensorAddress } from "../../../ir/kernel/tensor-address.ts";
import { callText } from "../functions/call-text.ts";
import type { CalledFunctions } from "../functions/called-functions.ts";
import type { Binding, BindingTable } from "./binding-table.ts";
import type { Block } from "./block.ts";
import { literal } from "./literals.ts";
import { loadsAreInRange } from "./loads-in-range.ts";
import type { PlannedValue } from "./planned-value.ts";
import { elementOfGroup, narrowLoad, wideLoad } from "./storage-text.ts";
import { typeName, type Width } from "./value-types.ts";
import { VariableTable } from "./variable-table.ts";
import { groupOfWords, groupsOfWords, isOfWords, type WordLayout } from "./word-groups.ts";

/**
 * Turns expressions into planned values. A value over a vector axis is four neighbours at once where it
 * changes along that axis, and a single one where it does not.
 */
export class ValuePlanner {
  readonly bindings: BindingTable;
  readonly functions: CalledFunctions;
  readonly variables = new VariableTable();
  readonly immediates = new Map<string, "f32" | "i32" | "u32">();
  readonly #root: Block;
  readonly #steps = new Map<VariableId, IndexSteps>();
  readonly #values = new Map<string, PlannedValue>();
  readonly #planned = new Map<VariableId | undefined, Map<Expr, PlannedValue>>();

  constructor(root: Block, bindings: BindingTable, functions: CalledFunctions) {
    this.#root = root;
    this.bindings = bindings;
    this.functions = functions;
  }

  stepsAlong(axis: VariableId): IndexSteps {
    const known = this.#steps.get(axis);
    if (known !== undefined) return known;
    const steps = new IndexSteps(axis);
    this.#steps.set(axis, steps);
    return steps;
  }

  /** The value at one position; over `axis`, at four neighbouring ones. */
  plan(expr: Expr, axis?: VariableId): PlannedValue {
    const along = axis === undefined || this.#isUniform(expr, axis) ? undefined : axis;
    let memo = this.#planned.get(along);
    if (memo === undefined) {
      memo = new Map();
      this.#planned.set(along, memo);
    }
    const known = memo.get(expr);
    if (known !== undefined) return known;
    const value = this.#take(expr, along);
    memo.set(expr, value);
    return value;
  }

  /** Where four neighbours lie together in a binding of fours: the number of the group. */
  planGroup(binding: Binding, address: IntegerForm, axis: VariableId): PlannedValue | undefined {
    if (!binding.isWide) return undefined;
    if (!isGroup(this.stepsAlong(axis).ofForm(address))) return undefined;
    this.bindings.markWide(binding);
    return this.planIndex(divideForm(address, 4));
  }

  /** Are all loads of it over the axis either the same four times or one group of four? */
  liesTogether(expr: Expr, axis: VariableId): boolean {
    const steps = this.stepsAlong(axis);
    return nodesOf([expr]).every((node) => {
      if (node.kind !== "load" || steps.isUniform(node)) return true;
      const binding = this.bindings.bindingOf(node.tensor);
      const address = tensorAddress(binding.tensor, node.at, binding.packing);
      return binding.isWide && isGroup(steps.ofForm(address));
    });
  }

  /** Terms that are known further out come first, so that their sum can be computed there. */
  planIndex(form: IntegerForm): PlannedValue {
    const depth = new Map(form.terms.map(({ atom }) => [atom, this.plan(atom).home.depth]));
    const terms = [...form.terms].sort(
      (a, b) => (depth.get(a.atom) ?? 0) - (depth.get(b.atom) ?? 0),
    );
    const [first] = terms;
    if (first === undefined) return this.plan(exprOfForm(form));
    const outermost = depth.get(first.atom);
    const outer = terms.filter(({ atom }) => depth.get(atom) === outermost);
    let sum = exprOfForm({ terms: outer, constant: form.constant });
    for (const term of terms.slice(outer.length)) {
      const product = exprOfForm({ terms: [term], constant: 0 });
      sum = { kind: "call", fn: "add", args: [sum, product], type: "i32" };
    }
    return this.plan(sum);
  }

  #isUniform(expr: Expr, axis: VariableId): boolean {
    return this.stepsAlong(axis).isUniform(expr) && !this.variables.holdsVector(expr);
  }

  #take(expr: Expr, axis: VariableId | undefined): PlannedValue {
    switch (expr.kind) {
      case "constant":
        return this.#leaf(literal(expr.value, expr.type), expr.type, 1, this.#root);
      case "axis": {
        const variable = this.variables.axis(expr.axis);
        if (axis === undefined) return this.#leaf(variable.name, "i32", 1, variable.home);
        return this.#leaf("vec4i(0, 1, 2, 3)", "i32", 4, this.#root);
      }
      case "reduced": {
        const variable = this.variables.reduced(expr.reduction);
        return this.#leaf(variable.name, expr.type, variable.width, variable.home);
      }
      case "immediate":
        invariant(expr.type !== "bool", `the immediate ${expr.name} is a bool`);
        this.immediates.set(expr.name, expr.type);
        return this.#leaf(`immediates.${expr.name}`, expr.type, 1, this.#root);
      case "load":
        return axis === undefined ? this.#load(expr) : this.#vectorLoad(expr, axis);
      case "call":
        return this.#call(expr, axis);
      case "select":
        return this.#select(expr, axis);
      default:
        return unreachable(expr);
    }
  }

  #load(expr: Load): PlannedValue {
    const binding = this.bindings.bindingOf(expr.tensor);
    const address = tensorAddress(binding.tensor, expr.at, binding.packing);
    if (!binding.isWide) {
      const index = this.planIndex(address);
      return this.#value(
        "load",
        expr.type,
        1,
        [index],
        ([at = ""]) => narrowLoad(binding, at, expr.type, this.functions),
        `load ${binding.name}`,
      );
    }
    const group = this.planIndex(divideForm(address, 4));
    const place = this.plan(exprOfForm(moduloForm(address, 4)));
    return this.#value(
      "load",
      expr.type,
      1,
      [group, place],
      ([at = "", rest = ""]) => elementOfGroup(binding, at, rest, expr.type, this.functions),
      `load ${binding.name}`,
    );
  }

  #vectorLoad(expr: Load, axis: VariableId): PlannedValue {
    const binding = this.bindings.bindingOf(expr.tensor);
    const address = tensorAddress(binding.tensor, expr.at, binding.packing);
    const group = this.planGroup(binding, address, axis);
    if (group === undefined) return this.#lanes(expr, axis);
    if (isOfWords(binding.layout)) return this.#partOfWords(binding, binding.layout, address);
    return this.#value(
      "load",
      expr.type,
      4,
      [group],
      ([at = ""]) => wideLoad(binding, at, expr.type, this.functions),
      `load4 ${binding.name}`,
    );
  }

  /** Two words hold several groups: who reads all of them loads the words once. */
  #partOfWords(binding: Binding, layout: WordLayout, address: IntegerForm): PlannedValue {
    const groups = groupsOfWords[layout];
    const place = this.planIndex(divideForm(address, 4 * groups));
    const load = ([at]: readonly string[]) => `${binding.name}[${at}]`;
    const words = this.#value("load", "u32", 1, [place], load, `words ${binding.name}`);
    const group = this.plan(exprOfForm(moduloForm(divideForm(address, 4), groups)));
    const text = ([of = "", n = ""]: readonly string[]) =>
      groupOfWords(layout, of, n, this.functions);
    return this.#value("call", "f32", 4, [words, group], text, `group ${layout}`);
  }

  #lanes(expr: Expr, axis: VariableId): PlannedValue {
    const lanes = [0, 1, 2, 3].map((lane) => this.plan(this.variables.lane(expr, axis, lane)));
    return this.#value(
      "call",
      expr.type,
      4,
      lanes,
      (parts) => `${typeName(expr.type, 4)}(${parts.join(", ")})`,
      "lanes",
    );
  }

  #call(expr: Extract<Expr, { kind: "call" }>, axis: VariableId | undefined): PlannedValue {
    const [first] = expr.args;
    if (first === undefined) throw new InternalError(`a call of ${expr.fn} without arguments`);
    const planned = expr.args.map((arg) => this.plan(arg, axis));
    const width: Width = planned.some((part) => part.width === 4) ? 4 : 1;
    const shape = {
      fn: expr.fn,
      type: expr.type,
      argType: first.type,
      width,
      constants: expr.args.map((arg) => (arg.kind === "constant" ? arg.value : undefined)),
      isNeverNegative: first.type === "i32" && rangeOf(first).min >= 0,
    };
    // The operators of arithmetic take a single number beside a vector; nothing else does.
    const mixes = ["add", "sub", "mul", "div"].includes(expr.fn) && expr.type !== "i32";
    const parts = mixes ? planned : planned.map((part) => this.#widened(part, width));
    const isWide = shape.isNeverNegative ? "+" : "";
    return this.#value(
      "call",
      expr.type,
      width,
      parts,
      (texts) => callText(shape, texts, this.functions),
      `${expr.fn}${isWide}`,
    );
  }

  #select(expr: Extract<Expr, { kind: "select" }>, axis: VariableId | undefined): PlannedValue {
    const condition = this.plan(expr.condition, axis);
    const isSafe = [expr.then, expr.otherwise].every((part) =>
      loadsAreInRange(part, this.bindings),
    );
    if (!isSafe && condition.width === 4 && axis !== undefined) return this.#lanes(expr, axis);
    const then = this.plan(expr.then, axis);
    const otherwise = this.plan(expr.otherwise, axis);
    const width: Width = [condition, then, otherwise].some((part) => part.width === 4) ? 4 : 1;
    const branches = [this.#widened(then, width), this.#widened(otherwise, width)];
    if (!isSafe)
      return this.#value(
        "branch",
        expr.type,
        width,
        [condition, ...branches],
        (texts) => texts.join(" "),
        "branch",
      );
    return this.#value(
      "call",
      expr.type,
      width,
      [condition, ...branches],
      ([c, a, b]) => `select(${b}, ${a}, ${c})`,
      "select",
    );
  }

  #widened(part: PlannedValue, width: Width): PlannedValue {
    if (part.width === width) return part;
    return this.#value(
      "call",
      part.type,
      4,
      [part],
      ([text]) => `${typeName(part.type, 4)}(${text})`,
      "splat",
    );
  }

  #leaf(name: string, type: ScalarType, width: Width, home: Block): PlannedValue {
    return this.#intern({
      key: `${name}:${type}`,
      kind: "leaf",
      type,
      width,
      parts: [],
      text: () => name,
      home,
      readsMemory: false,
    });
  }

  #value(
    kind: "call" | "load" | "branch",
    type: ScalarType,
    width: Width,
    parts: readonly PlannedValue[],
    text: (parts: readonly string[]) => string,
    what: string,
  ): PlannedValue {
    let home = this.#root;
    for (const part of parts) if (part.home.depth > home.depth) home = part.home;
    const readsMemory = kind === "load" || parts.some((part) => part.readsMemory);
    const key = `${what} ${type}${width} ${parts.map((part) => part.key).join(" ")}`;
    return this.#intern({ key, kind, type, width, parts, text, home, readsMemory });
  }

  /** Keys stay short: a value that is already known is named by its number. */
  #intern(value: PlannedValue): PlannedValue {
    const known = this.#values.get(value.key);
    if (known !== undefined) return known;
    const numbered = { ...value, key: `${this.#values.size}` };
    this.#values.set(value.key, numbered);
    return numbered;
  }
}

/** Four neighbours that begin on a boundary of four. */
function isGroup({ step, multiple }: Steps): boolean {
  return step === 1 && multiple % 4 === 0;
}
