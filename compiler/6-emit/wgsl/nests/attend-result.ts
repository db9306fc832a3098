import { intConstant } from "../../../ir/expr.ts";
import { unflatten } from "../../../ir/flat-axes.ts";
import type { Expr } from "../../../ir/kernel.ts";
import { extentOfAll } from "../../../ir/loop-axes.ts";
import type { Block } from "../block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../kernel-writer.ts";
import { largestFloat, literal } from "../literals.ts";
import { atColumns } from "../operand.ts";
import { subgroupFunction } from "../reduction.ts";
import type { Attend, AttendNest, AttendTile } from "./attend-tile.ts";

/** Scores become weights relative to the largest so far; what was summed before shrinks by as much. */
export function writeWeights(
  nest: AttendNest,
  tile: AttendTile,
  keyCount: number,
  block: Block,
): void {
  const { lanes } = nest;
  const isRagged = keyCount % (4 * lanes) !== 0;
  if (isRagged) {
    block.add(
      `let places = vec4i(firstKey + lane) + vec4i(0, ${lanes}, ${2 * lanes}, ${3 * lanes});`,
      `let exists = places < vec4i(${keyCount});`,
    );
  }
  for (let row = 0; row < nest.rows; row++) {
    const score = `score${row}`;
    if (isRagged)
      block.add(`${score} = select(vec4f(${literal(-largestFloat, "f32")}), ${score}, exists);`);
    // The bound keeps the difference of "lowest" and a score finite.
    const weights = `exp2(max(${score} - next${row}, vec4f(-1000.0f)))`;
    block.add(
      `let own${row} = max(max(${score}.x, ${score}.y), max(${score}.z, ${score}.w));`,
      `let next${row} = max(top${row}, ${overLanes("max", `own${row}`, lanes)});`,
      `let shrink${row} = exp2(max(top${row} - next${row}, -1000.0f));`,
      `top${row} = next${row};`,
      `var weight${row} = ${isRagged ? `select(vec4f(), ${weights}, exists)` : weights};`,
      `total${row} = fma(total${row}, shrink${row}, (weight${row}.x + weight${row}.y) + (weight${row}.z + weight${row}.w));`,
    );
    for (let part = 0; part < tile.columns.length; part++)
      block.add(`sum${row}_${part} *= shrink${row};`);
  }
}

/** Adds weight times value: each turn takes one key from every lane, then the next of the four comes up. */
export function writeWeightedSum(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  block: Block,
): void {
  const { lanes, rows } = nest;
  const keyCount = extentOfAll(engine.keys);
  const count = extentOfAll(engine.valueAxes);
  const isRagged = keyCount % (4 * lanes) !== 0;
  block.nest("for (var turn = 0; turn < 4; turn++)", (inside) => {
    inside.add(`let firstValue = firstKey + turn * ${lanes};`);
    const values = range(lanes).map((lane) => {
      const text = lane === 0 ? "firstValue" : `firstValue + ${lane}`;
      const limited = isRagged ? `min(${text}, ${keyCount - 1})` : text;
      const key = writer.define(`value${lane}`, limited, keyCount, inside);
      const outer = mergedPositions(tile.batch, unflatten(engine.keys, key.expr));
      return tile.columns.map((column) => {
        const at = (columnAt: Expr): Expr =>
          placed(mergedPositions(outer, unflatten(engine.valueAxes, columnAt)))(engine.value);
        const singles = (): Expr[] =>
          range(4).map((place) => {
            const single = `min(4 * ${column.name} + ${place}, ${count - 1})`;
            return writer.once(`${column.name}_${place}`, single, count, writer.root).expr;
          });
        const steps = { steps: [intConstant(0)] };
        const four = atColumns(writer, steps, column, singles, at, inside)(0);
        return writer.printer.name(four, inside, "v");
      });
    });
    for (let row = 0; row < rows; row++) {
      for (const part of tile.columns.keys()) {
        for (let lane = 0; lane < lanes; lane++) {
          const weight = `vec4f(subgroupBroadcast(weight${row}.x, ${lane}u))`;
          inside.add(
            `sum${row}_${part} = fma(${weight}, ${values[lane]?.[part]}, sum${row}_${part});`,
          );
        }
      }
    }
    for (let row = 0; row < rows; row++) inside.add(`weight${row} = weight${row}.yzwx;`);
  });
}

export function storeResult(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
): void {
  const { root } = writer;
  const groups = Math.ceil(extentOfAll(engine.valueAxes) / 4);
  const rows = range(nest.rows);
  for (const row of rows) {
    const share = `1.0f / ${overLanes("sum", `total${row}`, nest.lanes)}`;
    root.add(`total${row} = ${share};`);
  }
  const shares = rows.map((row) => `total${row}`);
  const sums = [...tile.columns.keys()].map((part) => rows.map((row) => `sum${row}_${part}`));
  writer.storeInTurns(root, [shares, ...sums], extentOfAll(engine.queries), (row, names, block) => {
    const [share = "", ...parts] = names;
    tile.columns.forEach((column, part) => {
      const store = (inside: Block): void => {
        const result = `${parts[part]} * ${share}`;
        storeFour(writer, engine, tile, row, column, result, inside);
      };
      const isBeyond = (part + 1) * nest.lanes > groups;
      if (isBeyond) block.nest(`if (lane < ${groups - part * nest.lanes})`, store);
      else store(block);
    });
  });
}

function storeFour(
  writer: KernelWriter,
  engine: Attend,
  tile: AttendTile,
  row: LoopVariable,
  column: FourPositions,
  result: string,
  block: Block,
): void {
  const name = writer.printer.name(result, block, "result");
  const positions = mergedPositions(
    tile.batch,
    unflatten(engine.queries, row.expr),
    unflatten(engine.valueAxes, column.expr),
  );
  const put = placed(positions, writer.result(name, 4, block));
  const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, put));
  writer.storeFour(stores, column, extentOfAll(engine.valueAxes), block);
}

/**
 * A value of all lanes combined. For few lanes the broadcasts are cheaper than what drivers make of a
 * subgroup reduction, which on a software device is a loop.
 */
function overLanes(combine: "sum" | "max", name: string, lanes: number): string {
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
