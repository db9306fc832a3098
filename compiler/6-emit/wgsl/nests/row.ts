import { childrenOf } from "../../../ir/expr-cost.ts";
import { unflatten } from "../../../ir/flat-axes.ts";
import type { Engine, Expr } from "../../../ir/kernel.ts";
import { extentOfAll } from "../../../ir/loop-axes.ts";
import type { LoopNest } from "../../../ir/schedule.ts";
import type { Block } from "../block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../kernel-writer.ts";
import { combined, combinedLanes, neutral, subgroupFunction } from "../reduction.ts";

type RowEngine = Extract<Engine, { kind: "row" }>;
type RowNest = Extract<LoopNest, { kind: "row-invocation" | "row-subgroup" }>;

/**
 * One invocation, or one subgroup, per row. Reductions that do not need each other share a pass over
 * the row; each vector lane and each subgroup lane keeps its own partial result.
 */
export function writeRow(writer: KernelWriter, engine: RowEngine, nest: RowNest): void {
  const { root, printer, planner } = writer;
  const rows = extentOfAll(engine.grid);
  const isSubgroup = nest.kind === "row-subgroup";
  const number = isSubgroup
    ? writer.groupNumber(nest.groupsPerLine)
    : writer.invocationNumber(nest.groupsPerLine);
  const row = writer.define("row", number, rows, root);
  writer.guard("row", rows, isSubgroup ? 1 : undefined);
  const grid = unflatten(engine.grid, row.expr);
  let loops = 0;
  const overLanes = (
    body: (place: (expr: Expr) => Expr, lane: LoopVariable, block: Block) => void,
  ): void => {
    laneLoop(writer, nest, extentOfAll(engine.lanes), `k${loops++}`, (lane, block) =>
      body(placed(mergedPositions(grid, unflatten(engine.lanes, lane.expr))), lane, block),
    );
  };
  const axisOf = (lane: LoopVariable) => (nest.vector === 4 ? lane.axis : undefined);

  for (const pass of passesOf(engine.reductions)) {
    for (const n of pass) {
      const { combine, type } = at(engine.reductions, n);
      root.add(`var sum${n} = ${neutral(combine, type, nest.vector)};`);
    }
    overLanes((place, lane, block) => {
      for (const n of pass) {
        const { combine, value } = at(engine.reductions, n);
        const text =
          nest.vector === 4
            ? printer.vector(place(value), lane.axis, block)
            : printer.scalar(place(value), block);
        block.add(`sum${n} = ${combined(combine, `sum${n}`, text)};`);
      }
    });
    for (const n of pass) {
      const { combine } = at(engine.reductions, n);
      const own = nest.vector === 4 ? combinedLanes(combine, `sum${n}`) : `sum${n}`;
      const text = isSubgroup ? `${subgroupFunction[combine]}(${own})` : own;
      root.add(`let reduced${n} = ${text};`);
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
  if (!isSubgroup) writeAll(root);
  else {
    const lane = writer.builtin("subgroup_invocation_id");
    root.nest(`if (${lane} == 0u)`, writeAll, { isConditional: true });
  }
}

function laneLoop(
  writer: KernelWriter,
  nest: RowNest,
  extent: number,
  name: string,
  body: (lane: LoopVariable, block: Block) => void,
): void {
  const isSubgroup = nest.kind === "row-subgroup";
  const stride = isSubgroup
    ? {
        first: `i32(${writer.builtin("subgroup_invocation_id")})`,
        step: writer.scheduled.workgroupSize,
      }
    : undefined;
  writer.loop(writer.root, name, extent, nest.vector, body, stride);
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
