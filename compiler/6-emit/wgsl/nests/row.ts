import { childrenOf } from "../../../ir/expr/expr-cost.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../ir/kernel/flat-axes.ts";
import type { Combine, Expr, ScalarType } from "../../../ir/kernel/kernel.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
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
import { combined, combinedLanes, neutral, subgroupFunction } from "./reduction.ts";
import { overWorkgroup } from "./workgroup-tree.ts";

type RowEngine = Engine<"row">;
type RowNest = LoopNest<"row-invocation" | "row-subgroup" | "row-workgroup">;

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
      const { combine, type } = at(engine.reductions, n);
      const own = nest.vector === 4 ? combinedLanes(combine, `sum${n}`) : `sum${n}`;
      const text = combinedOverRow(writer, nest, combine, type, own);
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

function laneLoop(
  writer: KernelWriter,
  nest: RowNest,
  extent: number,
  name: string,
  body: (lane: LoopVariable, block: Block) => void,
): void {
  const stride =
    nest.kind === "row-invocation"
      ? undefined
      : { first: `i32(${placeInRow(writer, nest)})`, step: writer.scheduled.workgroupSize };
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
