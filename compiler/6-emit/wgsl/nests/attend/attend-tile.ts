import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
} from "../../writer/kernel-writer.ts";
import { range } from "../../writer/range.ts";
import { subgroupFunction } from "../reduction.ts";
import { type OwnColumns, ownColumns } from "./own-columns.ts";

export type Attend = Engine<"attend">;
export type AttendNest = LoopNest<"attend-broadcast" | "attend-few">;

/** What a subgroup works on. */
export interface AttendTile {
  readonly batch: ReadonlyMap<number, Expr>;
  /** The queries, each in all lanes; beyond the end the last one. */
  readonly queries: readonly Expr[];
  /** The columns of the result. */
  readonly columns: OwnColumns;
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
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : intConstant(0);
  root.add(`let firstRow = i32(${id}.x) * ${rows};`);
  const queries = range(rows).map((row) => {
    const at = row === 0 ? "firstRow" : `firstRow + ${row}`;
    const limited = rowCount % rows === 0 ? at : `min(${at}, ${rowCount - 1})`;
    return writer.define(`query${row}`, limited, rowCount, root).expr;
  });
  const columns = ownColumns(engine.valueAxes, { lanes, rows }, (row) => `sum${row}`);
  return { batch: unflatten(engine.batch, batch), queries, columns };
}

/** Positions along the axes of batch and queries of each query of the tile. */
export function queryPositions(
  engine: Attend,
  tile: Pick<AttendTile, "batch" | "queries">,
): ReadonlyMap<number, Expr>[] {
  return tile.queries.map((query) => mergedPositions(tile.batch, unflatten(engine.queries, query)));
}

/**
 * The four keys of this lane, or whatever a tile goes along, from `first` on; beyond the end the last one,
 * whose weight becomes 0.
 */
export function declareFour(
  writer: KernelWriter,
  { first, name }: { readonly first: string; readonly name: string },
  count: number,
  lanes: number,
  block: Block,
): readonly LoopVariable[] {
  const isRagged = count % (4 * lanes) !== 0;
  return range(4).map((place) => {
    const key = place === 0 ? `${first} + lane` : `${first} + ${place * lanes} + lane`;
    return writer.define(
      `${name}${place}`,
      isRagged ? `min(${key}, ${count - 1})` : key,
      count,
      block,
    );
  });
}

/** Which of the four exist, as text of a `let` named `exists`. */
export function declareExists(first: string, count: number, lanes: number, block: Block): void {
  block.add(
    `let places = vec4i(${first} + lane) + vec4i(0, ${lanes}, ${2 * lanes}, ${3 * lanes});`,
    `let exists = places < vec4i(${count});`,
  );
}

/**
 * A value of all lanes combined. For few lanes the broadcasts are cheaper than what drivers make of a
 * subgroup reduction, which on a software device is a loop.
 */
export function overLanes(combine: "sum" | "max", name: string, lanes: number): string {
  if (lanes > 8) return `${subgroupFunction[combine]}(${name})`;
  let parts = range(lanes).map((lane) => `subgroupBroadcast(${name}, ${lane}u)`);
  while (parts.length > 1) {
    parts = range(parts.length / 2).map((n) => {
      const [a = "", b = ""] = parts.slice(2 * n, 2 * n + 2);
      return combine === "max" ? `max(${a}, ${b})` : `(${a} + ${b})`;
    });
  }
  return parts[0] ?? name;
}
