import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { alongInner, type InnerSteps, overInner } from "../../writer/operand.ts";
import { overKeyTiles } from "./attend-key-tiles.ts";
import { storeResult } from "./attend-result.ts";
import { type Attend, type AttendNest, type AttendTile, declareAttendTile } from "./attend-tile.ts";

/**
 * `rows` queries per subgroup against 4 * `lanes` keys at a time, without barriers. Each lane owns four
 * keys for the scores and columns of four for the weighted sum; queries and weights go to the other lanes
 * by broadcast. Softmax is online (Dao et al., FlashAttention, 2022), in powers of two. A row whose keys
 * are all masked weighs them equally, as softmax of equal scores does.
 */
export function writeAttendBroadcast(writer: KernelWriter, engine: Attend, nest: AttendNest): void {
  const tile = declareAttendTile(writer, engine, nest);
  const rows = declareLoadedRows(writer, engine, nest);
  overKeyTiles(writer, engine, nest, tile, (keys, block) => {
    for (let row = 0; row < nest.rows; row++) block.add(`var score${row} = vec4f();`);
    overInner(writer, extentOfAll(engine.inner), 1, block, (steps, inside) => {
      for (const inner of steps) addProducts(writer, engine, nest, tile, rows, keys, inner, inside);
    });
  });
  storeResult(writer, engine, nest, tile);
}

/** The queries that this lane loads for the others. */
function declareLoadedRows(
  writer: KernelWriter,
  engine: Attend,
  { lanes, rows }: AttendNest,
): readonly LoopVariable[] {
  const rowCount = extentOfAll(engine.queries);
  const isOver = rowCount % rows !== 0 || rows % lanes !== 0;
  return range(Math.ceil(rows / lanes)).map((part) => {
    const row = part === 0 ? "firstRow + lane" : `firstRow + ${part * lanes} + lane`;
    const limited = isOver ? `min(${row}, ${rowCount - 1})` : row;
    return writer.define(`row${part}`, limited, rowCount, writer.root);
  });
}

function addProducts(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  rows: readonly LoopVariable[],
  keys: readonly LoopVariable[],
  inner: InnerSteps,
  block: Block,
): void {
  const queries = rows.map((row) => {
    const outer = mergedPositions(tile.batch, unflatten(engine.queries, row.expr));
    const at = (step: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(engine.inner, step)))(engine.query);
    return alongInner(writer, inner, at, "q", block);
  });
  const loaded = keys.map((key) => {
    const outer = mergedPositions(tile.batch, unflatten(engine.keys, key.expr));
    const at = (step: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(engine.inner, step)))(engine.key);
    return alongInner(writer, inner, at, "k", block);
  });
  const fours = [...inner.steps.keys()].map((step) =>
    writer.printer.name(`vec4f(${loaded.map((key) => key(step)).join(", ")})`, block, "k"),
  );
  for (let row = 0; row < nest.rows; row++) {
    for (const [step, four] of fours.entries()) {
      const query = queries[Math.floor(row / nest.lanes)]?.(step) ?? "";
      const broadcast = `subgroupBroadcast(${query}, ${row % nest.lanes}u)`;
      block.add(`score${row} = fma(vec4f(${broadcast}), ${four}, score${row});`);
    }
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
