import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import {
  type Attend,
  type AttendNest,
  type AttendTile,
  overLanes,
  overParts,
} from "./attend-tile.ts";
export function storeResult(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
): void {
  const { root } = writer;
  const rows = range(nest.rows);
  for (const row of rows) {
    const share = `1.0f / ${overLanes("sum", `total${row}`, nest.lanes)}`;
    root.add(`total${row} = ${share};`);
  }
  overParts(writer, engine, nest, tile, "stored", root, (column, inPart) => {
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
  const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, put));
  writer.storeFour(stores, column, extentOfAll(engine.valueAxes), block);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
