import { unflatten } from "../../../ir/flat-axes.ts";
import type { Expr } from "../../../ir/kernel.ts";
import { extentOfAll } from "../../../ir/loop-axes.ts";
import type { Block } from "../block.ts";
import { type KernelWriter, type LoopVariable, mergedPositions, placed } from "../kernel-writer.ts";
import { largestFloat, literal } from "../literals.ts";
import { alongInner, type InnerSteps, overInner } from "../operand.ts";
import { storeResult, writeWeightedSum, writeWeights } from "./attend-result.ts";
import {
  type Attend,
  type AttendNest,
  type AttendTile,
  declareAttendTile,
  declareKeys,
} from "./attend-tile.ts";

/**
 * `rows` queries per subgroup against 4 * `lanes` keys at a time, without barriers. Each lane owns four
 * keys for the scores and columns of four for the weighted sum; queries and weights go to the other lanes
 * by broadcast. Softmax is online (Dao et al., FlashAttention, 2022), in powers of two. A row whose keys
 * are all masked weighs them equally, as softmax of equal scores does.
 */
export function writeAttendBroadcast(writer: KernelWriter, engine: Attend, nest: AttendNest): void {
  const tile = declareAttendTile(writer, engine, nest);
  const { root } = writer;
  const lowest = literal(-largestFloat, "f32");
  for (let row = 0; row < nest.rows; row++) {
    root.add(`var top${row} = ${lowest};`, `var total${row} = 0.0f;`);
    for (let part = 0; part < tile.columns.length; part++)
      root.add(`var sum${row}_${part} = vec4f();`);
  }
  const keyCount = extentOfAll(engine.keys);
  const perTile = 4 * nest.lanes;
  root.nest(
    `for (var tile = 0; tile < ${writer.bound(Math.ceil(keyCount / perTile))}; tile++)`,
    (block) => {
      const keys = declareKeys(writer, keyCount, nest, block);
      writeScores(writer, engine, nest, tile, keys, block);
      writeWeights(nest, tile, keyCount, block);
      writeWeightedSum(writer, engine, nest, tile, block);
    },
  );
  storeResult(writer, engine, nest, tile);
}

/** `score<row>`: four scores of each row, in units of log2. */
function writeScores(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  block: Block,
): void {
  for (let row = 0; row < nest.rows; row++) block.add(`var score${row} = vec4f();`);
  overInner(writer, extentOfAll(engine.inner), 1, block, (steps, inside) => {
    for (const inner of steps) addProducts(writer, engine, nest, tile, keys, inner, inside);
  });
  const scale = literal(engine.scale * Math.LOG2E, "f32");
  for (let row = 0; row < nest.rows; row++) {
    block.add(`score${row} *= ${scale};`);
    if (engine.mask !== undefined) writeMask(writer, engine, engine.mask, tile, keys, row, block);
  }
}

function addProducts(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  inner: InnerSteps,
  block: Block,
): void {
  const queries = tile.rows.map((row) => {
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

function writeMask(
  writer: KernelWriter,
  engine: Attend,
  mask: Expr,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  row: number,
  block: Block,
): void {
  const count = extentOfAll(engine.queries);
  const at = row === 0 ? "firstRow" : `firstRow + ${row}`;
  const query = writer.once(`query${row}`, `min(${at}, ${count - 1})`, count, writer.root);
  const seen = keys.map((key) => {
    const positions = mergedPositions(
      tile.batch,
      unflatten(engine.queries, query.expr),
      unflatten(engine.keys, key.expr),
    );
    return writer.printer.scalar(placed(positions)(mask), block);
  });
  const lowest = `vec4f(${literal(-largestFloat, "f32")})`;
  block.add(`score${row} = select(${lowest}, score${row}, vec4<bool>(${seen.join(", ")}));`);
}
