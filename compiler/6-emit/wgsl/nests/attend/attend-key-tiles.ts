import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { atColumns } from "../../writer/operand.ts";
import { scoreText, scoreUnits, weightText } from "./attend-score.ts";
import {
  type Attend,
  type AttendNest,
  type AttendTile,
  declareKeys,
  overLanes,
  overParts,
  queryPositions,
} from "./attend-tile.ts";
import { declareKeyEnd, hasNextKey } from "./key-end.ts";

/**
 * The loop over tiles of four keys per lane. `writeScores` gives `score<row>`, the products of a row and
 * these keys; softmax and the weighted sum are done here.
 */
export function overKeyTiles(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  writeScores: (keys: readonly LoopVariable[], block: Block) => void,
): void {
  const { root } = writer;
  const lowest = literal(-largestFloat, "f32");
  for (let row = 0; row < nest.rows; row++) {
    root.add(`var top${row} = ${lowest};`, `var total${row} = 0.0f;`);
    for (let part = 0; part < tile.parts; part++) root.add(`var sum${row}_${part} = vec4f();`);
  }
  const keyEnd = declareKeyEnd(writer, engine, queryPositions(engine, tile), root);
  writer.hidesUniformity = keyEnd !== undefined;
  const tops = range(nest.rows).map((row) => `top${row}`);
  const keyCount = extentOfAll(engine.keys);
  const perTile = 4 * nest.lanes;
  const end = `${writer.bound(Math.ceil(keyCount / perTile))} * ${perTile}`;
  const isNext = hasNextKey("firstKey", end, keyEnd, tops);
  root.nest(`for (var firstKey = 0; ${isNext}; firstKey += ${perTile})`, (block) => {
    const keys = declareKeys(writer, keyCount, nest, block);
    writeScores(keys, block);
    writeWeights(writer, engine, nest, tile, keys, block);
    writeWeightedSum(writer, engine, nest, tile, block);
  });
}

/**
 * Scores become weights relative to the largest so far; what was summed before will shrink by as much.
 */
function writeWeights(
  writer: KernelWriter,
  engine: Attend,
  nest: AttendNest,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  block: Block,
): void {
  const { lanes, rows } = nest;
  const keyCount = extentOfAll(engine.keys);
  const isRagged = keyCount % (4 * lanes) !== 0;
  if (isRagged) {
    block.add(
      `let places = vec4i(firstKey + lane) + vec4i(0, ${lanes}, ${2 * lanes}, ${3 * lanes});`,
      `let exists = places < vec4i(${keyCount});`,
    );
  }
  for (const row of range(rows)) {
    writeRowWeights(writer, engine, nest, tile, keys, row, isRagged, block);
  }
}

function writeRowWeights(
  writer: KernelWriter,
  engine: Attend,
  { lanes }: AttendNest,
  tile: AttendTile,
  keys: readonly LoopVariable[],
  row: number,
  isRagged: boolean,
  block: Block,
): void {
  const score = `score${row}`;
  const lowest = `vec4f(${literal(-largestFloat, "f32")})`;
  const units = scoreUnits(engine);
  const query = unflatten(engine.queries, tile.queries[row] ?? intConstant(0));
  const at = keys.map((key) =>
    mergedPositions(tile.batch, query, unflatten(engine.keys, key.expr)),
  );
  const products = { name: score, scale: engine.scale, at };
  const scaled = scoreText(writer, engine, products, units.factor, block);
  const { mask } = engine;
  if (mask === undefined) block.add(`${score} = ${scaled};`);
  else {
    const seen = at.map((positions) => writer.printer.scalar(placed(positions)(mask), block));
    block.add(`${score} = select(${lowest}, ${scaled}, vec4<bool>(${seen.join(", ")}));`);
  }
  if (isRagged) block.add(`${score} = select(${lowest}, ${score}, exists);`);
  const weights = weightText(units, score, `next${row}`, "vec4f");
  block.add(
    `let own${row} = max(max(${score}.x, ${score}.y), max(${score}.z, ${score}.w));`,
    `let next${row} = max(top${row}, ${overLanes("max", `own${row}`, lanes)});`,
    `let shrink${row} = ${weightText(units, `top${row}`, `next${row}`, "f32")};`,
    `top${row} = next${row};`,
    `${score} = ${isRagged ? `select(vec4f(), ${weights}, exists)` : weights};`,
    `total${row} = fma(total${row}, shrink${row}, (${score}.x + ${score}.y) + (${score}.z + ${score}.w));`,
  );
}

/** Adds weight times value: each turn takes one key from every lane, then the next of the four comes up. */
function writeWeightedSum(
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
  overParts(writer, engine, nest, tile, "column", block, (column, inPart) => {
    for (let row = 0; row < rows; row++) inPart.add(`sum${row}_0 *= shrink${row};`);
    inPart.nest(`for (var turn = 0; turn < ${writer.bound(4)}; turn++)`, (inside) => {
      inside.add(`let firstValue = firstKey + turn * ${lanes};`);
      const values = range(lanes).map((lane) => {
        const text = lane === 0 ? "firstValue" : `firstValue + ${lane}`;
        const limited = isRagged ? `min(${text}, ${keyCount - 1})` : text;
        const key = writer.define(`value${lane}`, limited, keyCount, inside);
        const outer = mergedPositions(tile.batch, unflatten(engine.keys, key.expr));
        const at = (columnAt: Expr): Expr =>
          placed(mergedPositions(outer, unflatten(engine.valueAxes, columnAt)))(engine.value);
        const singles = (): Expr[] => columnsOf(writer, column, count, inPart);
        const four = atColumns(writer, { steps: [intConstant(0)] }, column, singles, at, inside)(0);
        return writer.printer.name(four, inside, "v");
      });
      for (let row = 0; row < rows; row++) {
        for (const [lane, value] of values.entries()) {
          const weight = `vec4f(subgroupBroadcast(score${row}.x, ${lane}u))`;
          inside.add(`sum${row}_0 = fma(${weight}, ${value}, sum${row}_0);`);
        }
      }
      for (let row = 0; row < rows; row++) inside.add(`score${row} = score${row}.yzwx;`);
    });
  });
}

/** Four columns one by one; beyond the end the last one. */
function columnsOf(
  writer: KernelWriter,
  column: FourPositions,
  count: number,
  block: Block,
): Expr[] {
  return range(4).map((place) => {
    const single = `min(4 * ${column.name} + ${place}, ${count - 1})`;
    return writer.once(`${column.name}_${place}`, single, count, block).expr;
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
