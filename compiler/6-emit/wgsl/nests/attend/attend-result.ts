import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Store } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { range } from "../../writer/range.ts";
import { type Attend, type AttendNest, type AttendTile, overLanes } from "./attend-tile.ts";
import { overParts } from "./own-columns.ts";

export function storeResult(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
): void {
  const { root } = writer;
  const rows = range(nest.rows);
  const sums = rows.map((row) => `top${row} + log(${overLanes("sum", `total${row}`, nest.lanes)})`);
  storeRows(writer, tile.batch, engine.queries, sums);
  for (const row of rows) {
    const share = `1.0f / ${overLanes("sum", `total${row}`, nest.lanes)}`;
    root.add(`total${row} = ${share};`);
  }
  overParts(writer, tile.columns, "stored", root, (column, inPart) => {
    for (const row of rows) inPart.add(`sum${row}_0 *= total${row};`);
    const sums = rows.map((row) => `sum${row}_0`);
    const storeRow = (row: Expr, sum: string, block: Block): void => {
      const store = (inside: Block): void =>
        storeFour(writer, engine, tile.batch, row, column, sum, inside);
      if (column.isBeyond === undefined) store(block);
      else block.nest(`if (!(${column.isBeyond}))`, store);
    };
    if (nest.rows < 4) {
      sums.forEach((sum, row) => {
        storeRow(tile.queries[row] ?? intConstant(0), sum, inPart);
      });
      return;
    }
    writer.storeInTurns(inPart, [sums], extentOfAll(engine.queries), (row, [sum = ""], block) => {
      storeRow(row.expr, sum, block);
    });
  });
}

/** One lane stores what stands once per row, the texts of `results` by row. */
export function storeRows(
  writer: KernelWriter,
  batch: ReadonlyMap<number, Expr>,
  axes: readonly LoopAxis[],
  results: readonly string[],
): void {
  const { root } = writer;
  if (writer.scheduled.kernel.stores.every(({ perRow }) => perRow !== true)) return;
  const names = results.map((_, row) => `ofRow${row}`);
  names.forEach((name, row) => {
    root.add(`var ${name} = ${results[row]};`);
  });
  root.nest("if (lane == 0)", (block) => {
    const own = { first: "firstRow", name: "ofRowOut" };
    const store = (row: LoopVariable, [name = ""]: readonly string[], inside: Block): void =>
      storeRow(writer, mergedPositions(batch, unflatten(axes, row.expr)), name, inside);
    writer.storeInTurns(block, [names], extentOfAll(axes), store, own);
  });
}

/** What the kernel stores once per row, at these positions, where `second` is the text of the second result. */
export function storeRow(
  writer: KernelWriter,
  at: ReadonlyMap<number, Expr>,
  second: string,
  block: Block,
): void {
  const stores = writer.scheduled.kernel.stores.filter(({ perRow }) => perRow === true);
  if (stores.length === 0) return;
  const name = writer.printer.name(second, block, "ofRow");
  const result = writer.result(name, 1, block);
  const put = placed(at, result, result);
  for (const store of stores) writer.printer.store(placedStore(store, put), undefined, block);
}

/** Stores that stand once per element. */
export function elementStores({ scheduled }: KernelWriter): readonly Store[] {
  return scheduled.kernel.stores.filter(({ perRow }) => perRow !== true);
}

/** What the kernel stores at four columns of a row, where `result` is the attention's result. */
export function storeFour(
  writer: KernelWriter,
  engine: Attend,
  batch: ReadonlyMap<number, Expr>,
  row: Expr,
  column: FourPositions,
  result: string,
  block: Block,
): void {
  const name = writer.printer.name(result, block, "result");
  const positions = mergedPositions(
    batch,
    unflatten(engine.queries, row),
    unflatten(engine.valueAxes, column.expr),
  );
  const put = placed(positions, writer.result(name, 4, block));
  const stores = elementStores(writer).map((store) => placedStore(store, put));
  writer.storeFour(stores, column, extentOfAll(engine.valueAxes), block);
}
