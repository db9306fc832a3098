import { childrenOf } from "../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
import type { Combine, Reduction } from "../../../ir/kernel/loops.ts";
import type { LoopNest } from "../../../ir/loop-nests.ts";
import type { Block } from "../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../writer/kernel-writer.ts";
import { typeName } from "../writer/value-types.ts";
import {
  combined,
  combinedLanes,
  found,
  gathered,
  gatheredType,
  neutral,
  subgroupFunction,
} from "./reduction.ts";
import { overWorkgroup } from "./workgroup-tree.ts";

type RowEngine = Engine<"row">;
type RowNest = LoopNest<"row-invocation" | "row-subgroup" | "row-workgroup">;

/** So many turns of a loop may add to one number; more are added up in stretches first. */
const mostTurns = 1024;
/** Of each stretch, and of the stretches of each longer one. */
const stretch = 32;

/**
 * One invocation, one subgroup or one workgroup per row. Reductions that do not need each other share a
 * pass over the row; each vector lane and each invocation keeps its own partial result.
 */
export function writeRow(writer: KernelWriter, engine: RowEngine, nest: RowNest): void {
  const { root, printer, planner } = writer;
  const rows = extentOfAll(engine.grid);
  const isAlone = nest.kind === "row-invocation";
  const number = !isAlone
    ? writer.groupNumber(nest.groupsPerLine)
    : writer.invocationNumber(nest.groupsPerLine);
  const row = writer.define("row", number, rows, root);
  writer.guard("row", rows, isAlone ? undefined : 1);
  const grid = unflatten(engine.grid, row.expr);
  let loops = 0;
  const overLanes = (
    body: (place: (expr: Expr) => Expr, lane: LoopVariable, block: Block) => void,
    sums: readonly number[] = [],
  ): void => {
    laneLoop(writer, nest, extentOfAll(engine.lanes), `k${loops++}`, sums, (lane, block) =>
      body(placed(mergedPositions(grid, unflatten(engine.lanes, lane.expr))), lane, block),
    );
  };
  const axisOf = (lane: LoopVariable) => (nest.vector === 4 ? lane.axis : undefined);

  for (const pass of passesOf(engine.reductions)) {
    for (const n of pass) {
      const { combine, type } = at(engine.reductions, n);
      root.add(`var sum${n} = ${neutral(combine, gatheredType(combine, type), nest.vector)};`);
    }
    const sums = pass.filter((n) => isFloatSum(at(engine.reductions, n)));
    overLanes((place, lane, block) => {
      for (const n of pass) {
        const { combine, type, value } = at(engine.reductions, n);
        const text =
          nest.vector === 4
            ? printer.vector(place(value), lane.axis, block)
            : printer.scalar(place(value), block);
        const own = gathered(combine, type, text, nest.vector, writer.functions);
        block.add(`sum${n} = ${combined(combine, `sum${n}`, own)};`);
      }
    }, sums);
    for (const n of pass) {
      const { combine, type } = at(engine.reductions, n);
      const own = nest.vector === 4 ? combinedLanes(combine, `sum${n}`) : `sum${n}`;
      const all = combinedOverRow(writer, nest, combine, gatheredType(combine, type), own);
      root.add(`let reduced${n} = ${found(combine, type, all, writer.functions)};`);
      planner.variables.bindReduced(n, `reduced${n}`, root, 1);
    }
  }

  const stores = writer.scheduled.kernel.stores;
  const perElement = stores.filter((store) => store.perRow !== true);
  if (perElement.length > 0) {
    overLanes((place, lane, block) => {
      for (const store of perElement) {
        printer.store(placedStore(store, place), axisOf(lane), block);
      }
    });
  }
  const perRow = stores.filter((store) => store.perRow === true);
  if (perRow.length === 0) return;
  const place = placed(grid);
  const writeAll = (block: Block): void => {
    for (const store of perRow) printer.store(placedStore(store, place), undefined, block);
  };
  if (isAlone) writeAll(root);
  else root.nest(`if (${placeInRow(writer, nest)} == 0u)`, writeAll, { isConditional: true });
}

/** What the invocations of a row have found, together. */
function combinedOverRow(
  writer: KernelWriter,
  nest: RowNest,
  combine: Combine,
  type: ScalarType,
  own: string,
): string {
  if (nest.kind === "row-invocation") return own;
  if (nest.kind === "row-subgroup") return `${subgroupFunction[combine]}(${own})`;
  return overWorkgroup(writer, combine, own, typeName(type, 1), `tree_${type}`, writer.root);
}

function placeInRow(writer: KernelWriter, nest: RowNest): string {
  return writer.builtin(
    nest.kind === "row-subgroup" ? "subgroup_invocation_id" : "local_invocation_index",
  );
}

/**
 * The loop over the lanes of an invocation. Where it is long, the float sums `sums` are made in stretches,
 * and stretches of stretches: each number is rounded a few dozen times on its way, not once for every element.
 */
function laneLoop(
  writer: KernelWriter,
  nest: RowNest,
  extent: number,
  name: string,
  sums: readonly number[],
  body: (lane: LoopVariable, block: Block) => void,
): void {
  const step = nest.kind === "row-invocation" ? 1 : writer.scheduled.workgroupSize;
  const first = nest.kind === "row-invocation" ? "0" : `i32(${placeInRow(writer, nest)})`;
  const end = extent / nest.vector;
  const turns = Math.ceil(end / step);
  if (sums.length === 0 || turns <= mostTurns) {
    const stride = nest.kind === "row-invocation" ? undefined : { first, step };
    writer.loop(writer.root, name, extent, nest.vector, body, stride);
    return;
  }
  const zero = nest.vector === 4 ? "vec4f()" : "0.0f";
  const within = (block: Block, from: string, to: string, reach: number): void => {
    if (reach <= 1) {
      writer.loop(block, name, extent, nest.vector, body, { first: from, step, end: to });
      return;
    }
    const start = `${name}From${reach}`;
    const length = step * reach;
    block.nest(
      `for (var ${start} = ${from}; ${start} < ${to}; ${start} += ${length})`,
      (inside) => {
        for (const n of sums) {
          inside.add(`let before${n} = sum${n};`, `sum${n} = ${zero};`);
        }
        within(inside, start, `min(${start} + ${length}, ${to})`, reach / stretch);
        for (const n of sums) inside.add(`sum${n} = before${n} + sum${n};`);
      },
    );
  };
  const levels = Math.ceil(Math.log(turns) / Math.log(stretch)) - 1;
  within(writer.root, first, String(end), stretch ** levels);
}

function isFloatSum({ combine, type }: Reduction): boolean {
  return combine === "sum" && type === "f32";
}

/** Groups of reductions in order: one joins the group before it unless it needs a result of that group. */
function passesOf(reductions: RowEngine["reductions"]): number[][] {
  const passes: number[][] = [];
  reductions.forEach(({ value }, n) => {
    const last = passes.at(-1);
    if (last === undefined || last.some((earlier) => needs(value, earlier, new Set())))
      passes.push([n]);
    else last.push(n);
  });
  return passes;
}

function needs(expr: Expr, reduction: number, seen: Set<Expr>): boolean {
  if (seen.has(expr)) return false;
  seen.add(expr);
  if (expr.kind === "reduced" && expr.reduction === reduction) return true;
  return childrenOf(expr).some((part) => needs(part, reduction, seen));
}

function at<T>(list: readonly T[], place: number): T {
  return list[place] as T;
}
