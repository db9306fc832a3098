import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
} from "../../writer/kernel-writer.ts";
import { subgroupFunction } from "../reduction.ts";
export type Attend = Engine<"attend">;
export type AttendNest = LoopNest<"attend-broadcast" | "attend-few">;

/** What a subgroup works on. */
export interface AttendTile {
  readonly batch: ReadonlyMap<number, Expr>;
  /** The queries, each in all lanes; beyond the end the last one. */
  readonly queries: readonly Expr[];
  /** How many times four columns of the result each lane owns. */
  readonly parts: number;
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
  const parts = Math.ceil(extentOfAll(engine.valueAxes) / 4 / lanes);
  return { batch: unflatten(engine.batch, batch), queries, parts };
}

/** Positions along the axes of batch and queries of each query of the tile. */
export function queryPositions(
  engine: Attend,
  tile: Pick<AttendTile, "batch" | "queries">,
): ReadonlyMap<number, Expr>[] {
  return tile.queries.map((query) => mergedPositions(tile.batch, unflatten(engine.queries, query)));
}

/** Four columns of a lane, and when they are past the last one. */
interface OwnColumn extends FourPositions {
  readonly isBeyond: string | undefined;
}

/**
 * A loop over the columns of four that a lane owns. Its body works on the sums called `sum<row>_0`; the
 * others come up one after the other. Spelt out for every part it would take a CPU driver several times
 * as long to compile. Values are known by the names of their variables, so each loop has its own `name`.
 */
export function overParts(
  writer: KernelWriter,
  engine: Attend,
  { lanes, rows }: AttendNest,
  { parts }: AttendTile,
  name: string,
  block: Block,
  body: (column: OwnColumn, block: Block) => void,
): void {
  const count = extentOfAll(engine.valueAxes);
  const groups = Math.ceil(count / 4);
  const isLoop = parts > 1;
  const fill = (inside: Block): void => {
    const own = isLoop ? `lane + part * ${lanes}` : "lane";
    const isBeyond = parts * lanes > groups ? `${own} >= ${groups}` : undefined;
    inside.add(`let ${name} = ${isBeyond === undefined ? own : `min(${own}, ${groups - 1})`};`);
    body({ ...writer.fours(name, count, inside), isBeyond }, inside);
    for (let row = 0; isLoop && row < rows; row++) {
      inside.add(`let done${row} = sum${row}_0;`);
      for (let part = 1; part < parts; part++) {
        inside.add(`sum${row}_${part - 1} = sum${row}_${part};`);
      }
      inside.add(`sum${row}_${parts - 1} = done${row};`);
    }
  };
  if (isLoop) block.nest(`for (var part = 0; part < ${writer.bound(parts)}; part++)`, fill);
  else fill(block);
}

/** The four keys of this lane; beyond the end the last one, whose weight becomes 0. */
export function declareKeys(
  writer: KernelWriter,
  keyCount: number,
  { lanes }: AttendNest,
  block: Block,
): readonly LoopVariable[] {
  const isRagged = keyCount % (4 * lanes) !== 0;
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

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
