import { intConstant } from "../../../../ir/expr/expr.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { range } from "../../writer/range.ts";
import { scoreText, scoreUnits, weightText } from "./attend-score.ts";
import {
  type Attend,
  type AttendNest,
  type AttendTile,
  declareExists,
  declareFour,
  overLanes,
  queryPositions,
} from "./attend-tile.ts";
import { declareKeyEnd, hasNextKey } from "./key-end.ts";
import { addWeighted, declareSums } from "./own-columns.ts";

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
    declareSums(tile.columns, row, root);
  }
  const keyEnd = declareKeyEnd(writer, engine, queryPositions(engine, tile), root);
  writer.hidesUniformity = keyEnd !== undefined;
  const tops = range(nest.rows).map((row) => `top${row}`);
  const keyCount = extentOfAll(engine.keys);
  const perTile = 4 * nest.lanes;
  const end = `${writer.bound(Math.ceil(keyCount / perTile))} * ${perTile}`;
  const isNext = hasNextKey("firstKey", end, keyEnd, tops);
  root.nest(`for (var firstKey = 0; ${isNext}; firstKey += ${perTile})`, (block) => {
    const names = { first: "firstKey", name: "key" };
    const keys = declareFour(writer, names, keyCount, nest.lanes, block);
    writeScores(keys, block);
    writeWeights(writer, engine, nest, tile, keys, block);
    addWeighted(
      writer,
      tile.columns,
      {
        batch: tile.batch,
        others: engine.keys,
        operand: engine.value,
        first: "firstKey",
        weight: (row) => `score${row}`,
        names: { column: "column", first: "firstValue", value: "value" },
        before: (row) => `sum${row}_0 *= shrink${row};`,
      },
      block,
    );
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
  if (isRagged) declareExists("firstKey", keyCount, lanes, block);
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
