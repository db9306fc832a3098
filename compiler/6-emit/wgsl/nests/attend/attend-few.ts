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
import {
  type Attend,
  type AttendNest,
  type AttendTile,
  declareAttendTile,
  queryPositions,
} from "./attend-tile.ts";

/**
 * Few queries against many keys, as when a token is generated: each key and value is read once and serves
 * all queries, which are the same in every lane and need no exchange.
 */
export function writeAttendFew(writer: KernelWriter, engine: Attend, nest: AttendNest): void {
  const tile = declareAttendTile(writer, engine, nest);
  overKeyTiles(writer, engine, nest, tile, (keys, block) => {
    for (let row = 0; row < nest.rows; row++) block.add(`var score${row} = vec4f();`);
    overInner(writer, extentOfAll(engine.inner), 1, block, (chunks, inside) => {
      for (const inner of chunks) addProducts(writer, engine, tile, keys, inner, inside);
    });
  });
  storeResult(writer, engine, nest, tile);
}

function addProducts(
  writer: KernelWriter,
  engine: Attend,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  inner: InnerSteps,
  block: Block,
): void {
  const load = (outer: ReadonlyMap<number, Expr>, operand: Expr, prefix: string) => {
    const at = (step: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(engine.inner, step)))(operand);
    return alongInner(writer, inner, at, prefix, block);
  };
  const queries = queryPositions(engine, tile).map((outer) => load(outer, engine.query, "q"));
  const loaded = keys.map((key) =>
    load(mergedPositions(tile.batch, unflatten(engine.keys, key.expr)), engine.key, "k"),
  );
  for (const step of inner.steps.keys()) {
    const texts = loaded.map((key) => key(step));
    const four = writer.printer.name(`vec4f(${texts.join(", ")})`, block, "k");
    queries.forEach((query, row) => {
      block.add(`score${row} = fma(vec4f(${query(step)}), ${four}, score${row});`);
    });
  }
}
