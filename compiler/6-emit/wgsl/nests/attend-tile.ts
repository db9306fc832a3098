import { intConstant } from "../../../ir/expr.ts";
import { unflatten } from "../../../ir/flat-axes.ts";
import type { Engine, Expr } from "../../../ir/kernel.ts";
import { extentOfAll } from "../../../ir/loop-axes.ts";
import type { LoopNest } from "../../../ir/schedule.ts";
import type { Block } from "../block.ts";
import type { FourPositions, KernelWriter, LoopVariable } from "../kernel-writer.ts";

export type Attend = Extract<Engine, { kind: "attend" }>;
export type AttendNest = Extract<LoopNest, { kind: "attend-broadcast" }>;

/** What a subgroup works on: its queries, and the columns of the result that each lane owns. */
export interface AttendTile {
  readonly batch: ReadonlyMap<number, Expr>;
  /** Queries that this lane loads. */
  readonly rows: readonly LoopVariable[];
  /** Columns of the result that this lane owns, in fours. */
  readonly columns: readonly FourPositions[];
}

export function declareAttendTile(
  writer: KernelWriter,
  engine: Attend,
  { lanes, rows }: AttendNest,
): AttendTile {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  root.add(`let lane = i32(${writer.builtin("subgroup_invocation_id")});`);
  const rowCount = extentOfAll(engine.queries);
  const columnCount = extentOfAll(engine.valueAxes);
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : intConstant(0);
  root.add(`let firstRow = i32(${id}.x) * ${rows};`);
  const isOver = rowCount % rows !== 0 || rows % lanes !== 0;
  const loaded = range(Math.ceil(rows / lanes)).map((part) => {
    const row = part === 0 ? "firstRow + lane" : `firstRow + ${part * lanes} + lane`;
    return writer.define(
      `row${part}`,
      isOver ? `min(${row}, ${rowCount - 1})` : row,
      rowCount,
      root,
    );
  });
  const groups = Math.ceil(columnCount / 4);
  const columns = range(Math.ceil(groups / lanes)).map((part) => {
    const group = part === 0 ? "lane" : `lane + ${part * lanes}`;
    const isBeyond = (part + 1) * lanes > groups;
    root.add(`let column${part} = ${isBeyond ? `min(${group}, ${groups - 1})` : group};`);
    return writer.fours(`column${part}`, columnCount, root);
  });
  return { batch: unflatten(engine.batch, batch), rows: loaded, columns };
}

/** The four keys of this lane; beyond the end the last one, whose weight becomes 0. */
export function declareKeys(
  writer: KernelWriter,
  keyCount: number,
  { lanes }: AttendNest,
  block: Block,
): readonly LoopVariable[] {
  const isRagged = keyCount % (4 * lanes) !== 0;
  block.add(`let firstKey = tile * ${4 * lanes};`);
  return range(4).map((place) => {
    const key = place === 0 ? "firstKey + lane" : `firstKey + ${place * lanes} + lane`;
    return writer.define(
      `key${place}`,
      isRagged ? `min(${key}, ${keyCount - 1})` : key,
      keyCount,
      block,
    );
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
