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
import { declareKeyEnd, hasNextKey } from "./key-end.ts";

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
    for (let part = 0; part < tile.parts; part++) root.add(`var sum${row}_${part} = vec4f();`);
  }
  const keyEnd = declareKeyEnd(
    writer,
    engine,
    tile.queries.map((query) => mergedPositions(tile.batch, unflatten(engine.queries, query))),
    root,
  );
  writer.hidesUniformity = keyEnd !== undefined;
  const tops = range(nest.rows).map((row) => `top${row}`);
  const keyCount = extentOfAll(engine.keys);
  const perTile = 4 * nest.lanes;
  const end = `${writer.bound(Math.ceil(keyCount / perTile))} * ${perTile}`;
  const isNext = hasNextKey("firstKey", end, keyEnd, tops);
  root.nest(`for (var firstKey = 0; ${isNext}; firstKey += ${perTile})`, (block) => {
    const keys = declareKeys(writer, keyCount, nest, block);
    writeScores(writer, engine, nest, tile, keys, block);
    writeWeights(writer, engine, nest, tile, keys, block);
    writeWeightedSum(writer, engine, nest, tile, block);
  });
  storeResult(writer, engine, nest, tile);
}

/** `score<row>`: four products of each row and its keys. */
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

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
