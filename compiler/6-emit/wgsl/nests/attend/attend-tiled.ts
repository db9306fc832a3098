import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import { type KernelWriter, mergedPositions, placed } from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { range } from "../../writer/range.ts";
import { loadFour } from "../load-four.ts";
import { overWorkgroup } from "../workgroup-tree.ts";
import { storeFour, storeRow } from "./attend-result.ts";
import { scoreText, scoreUnits, weightText } from "./attend-score.ts";
import type { Attend } from "./attend-tile.ts";
import { declareKeyEnd } from "./key-end.ts";

type TiledNest = LoopNest<"attend-tiled">;

/** Keys in a tile, and columns and inner positions that are staged at a time; eight groups of four each. */
const side = 32;
const groupsOfSide = 8;
/** Lines of eight groups lie nine apart, so that neighbouring lines fall into different banks. */
const line = groupsOfSide + 1;

interface Tiled {
  readonly batch: ReadonlyMap<number, Expr>;
  /** The queries of this invocation; beyond the end the last one. */
  readonly queries: readonly Expr[];
}

/**
 * Flash attention in workgroup memory (Dao et al., 2022): 8 x 8 invocations hold `8 * rows` queries. For
 * each tile of keys they stage queries and keys in pieces, score 4 keys for each of their queries, find the
 * largest score of each row in shared memory, and add the weighted values, which are staged in pieces too.
 * Softmax is online, in powers of two; a row whose keys are all masked weighs them equally.
 */
export function writeAttendTiled(writer: KernelWriter, engine: Attend, nest: TiledNest): void {
  const { root } = writer;
  const tiled = declareTiled(writer, engine, nest);
  const keyCount = extentOfAll(engine.keys);
  const parts = Math.ceil(extentOfAll(engine.valueAxes) / side);
  const rows = range(nest.rows);
  for (const row of rows) {
    root.add(`var top${row} = ${literal(-largestFloat, "f32")};`, `var total${row} = 0.0f;`);
    for (const part of range(parts)) root.add(`var sum${row}_${part} = vec4f();`);
  }
  const positions = tiled.queries.map((query) =>
    mergedPositions(tiled.batch, unflatten(engine.queries, query)),
  );
  const own = declareKeyEnd(writer, engine, positions, root);
  if (own !== undefined) {
    const latest = overWorkgroup(writer, "max", own, "i32", "ends", root);
    // Where no query sees a key, every key counts.
    root.add(`var end = select(${latest}, ${keyCount}, ${latest} == 0);`);
  }
  const end = own === undefined ? String(keyCount) : "end";
  root.nest(`for (var firstKey = 0; firstKey < ${end}; firstKey += ${side})`, (block) => {
    writeScores(writer, engine, nest, tiled, block);
    writeWeights(writer, engine, nest, positions, block);
    for (const part of range(parts)) writeWeightedSum(writer, engine, nest, tiled, part, block);
    if (own !== undefined) {
      block.nest(`if (firstKey + ${side} >= end && end < ${keyCount})`, (inside) => {
        const least = rows.map((row) => `top${row}`).reduce((a, b) => `min(${a}, ${b})`);
        const lowest = overWorkgroup(writer, "min", least, "f32", "tops", inside);
        inside.add(`if (${lowest} == ${literal(-largestFloat, "f32")}) {`);
        inside.add(`  end = ${keyCount};`, "}");
      });
    }
  });
  writeResult(writer, engine, nest, tiled, parts);
}

function declareTiled(writer: KernelWriter, engine: Attend, { rows }: TiledNest): Tiled {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  const rowCount = extentOfAll(engine.queries);
  const batchCount = extentOfAll(engine.batch);
  root.add(
    `let local = i32(${writer.builtin("local_invocation_index")});`,
    "let across = local % 8;",
    "let down = local / 8;",
    `let firstRow = i32(${id}.x) * ${8 * rows};`,
  );
  writer.workgroupVariable("queries", `array<vec4f, ${8 * rows * line}>`);
  writer.workgroupVariable("tile", `array<vec4f, ${side * line}>`);
  writer.workgroupVariable("weights", `array<vec4f, ${8 * rows * line}>`);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : intConstant(0);
  const queries = range(rows).map((row) => {
    const at = `min(firstRow + down * ${rows} + ${row}, ${rowCount - 1})`;
    return writer.define(`query${row}`, at, rowCount, root).expr;
  });
  return { batch: unflatten(engine.batch, batch), queries };
}

/** Brings lines of eight groups of four into shared memory; all invocations take part. */
function stage(
  array: string,
  lines: number,
  block: Block,
  load: (line: string, group: string, block: Block) => string,
): void {
  block.nest(`for (var n = local; n < ${lines * groupsOfSide}; n += 64)`, (inside) => {
    inside.add("let staged = n / 8;", "let place = n % 8;");
    const loaded = load("staged", "place", inside);
    inside.add(`${array}[staged * ${line} + place] = ${loaded};`);
  });
}

/** `score<row>`: of each query of this invocation and its four keys. */
function writeScores(
  writer: KernelWriter,
  engine: Attend,
  nest: TiledNest,
  tiled: Tiled,
  block: Block,
): void {
  const inner = extentOfAll(engine.inner);
  const chunks = Math.ceil(inner / side);
  const keyCount = extentOfAll(engine.keys);
  const rowCount = extentOfAll(engine.queries);
  const rows = range(nest.rows);
  for (const row of rows) block.add(`var score${row} = vec4f();`);
  block.nest(`for (var chunk = 0; chunk < ${writer.bound(chunks)}; chunk++)`, (inside) => {
    inside.add("workgroupBarrier();");
    stage("queries", 8 * nest.rows, inside, (row, group, body) => {
      const query = `min(firstRow + ${row}, ${rowCount - 1})`;
      const at = unflatten(engine.queries, writer.define("toQuery", query, rowCount, body).expr);
      const along = (step: Expr): Expr =>
        placed(mergedPositions(tiled.batch, at, unflatten(engine.inner, step)))(engine.query);
      const four = `chunk * 8 + ${group}`;
      return loadFour(writer, "qFour", four, inner, chunks * groupsOfSide, along, body);
    });
    stage("tile", side, inside, (row, group, body) => {
      const key = `min(firstKey + ${row}, ${keyCount - 1})`;
      const at = unflatten(engine.keys, writer.define("toKey", key, keyCount, body).expr);
      const along = (step: Expr): Expr =>
        placed(mergedPositions(tiled.batch, at, unflatten(engine.inner, step)))(engine.key);
      const four = `chunk * 8 + ${group}`;
      return loadFour(writer, "kFour", four, inner, chunks * groupsOfSide, along, body);
    });
    inside.add("workgroupBarrier();");
    inside.nest(`for (var g = 0; g < ${writer.bound(groupsOfSide)}; g++)`, (body) => {
      for (const key of range(4)) {
        body.add(`let key${key} = tile[(across * 4 + ${key}) * ${line} + g];`);
      }
      for (const row of rows) {
        body.add(`let own${row} = queries[(down * ${nest.rows} + ${row}) * ${line} + g];`);
        const dots = range(4).map((key) => `dot(own${row}, key${key})`);
        body.add(`score${row} += vec4f(${dots.join(", ")});`);
      }
    });
  });
}

/** Scores become weights in shared memory; sums of earlier tiles shrink by `shrink<row>`. */
function writeWeights(
  writer: KernelWriter,
  engine: Attend,
  nest: TiledNest,
  positions: readonly ReadonlyMap<number, Expr>[],
  block: Block,
): void {
  const keyCount = extentOfAll(engine.keys);
  const lowest = `vec4f(${literal(-largestFloat, "f32")})`;
  const rows = range(nest.rows);
  const lineOf = (row: number): string => `(down * ${nest.rows} + ${row}) * ${line}`;
  const isRagged = keyCount % side !== 0;
  block.add("let places = vec4i(firstKey + across * 4) + vec4i(0, 1, 2, 3);");
  block.add(`let exists = places < vec4i(${keyCount});`);
  const keys = range(4).map((place) => {
    const at = `min(firstKey + across * 4 + ${place}, ${keyCount - 1})`;
    return writer.define(`seen${place}`, at, keyCount, block).expr;
  });
  const { mask } = engine;
  const units = scoreUnits(engine);
  positions.forEach((outer, row) => {
    const at = keys.map((key) => mergedPositions(outer, unflatten(engine.keys, key)));
    const products = { name: `score${row}`, scale: engine.scale, at };
    const scaled = scoreText(writer, engine, products, units.factor, block);
    if (mask === undefined) block.add(`score${row} = ${scaled};`);
    else {
      const seen = at.map((place) => writer.printer.scalar(placed(place)(mask), block));
      block.add(`score${row} = select(${lowest}, ${scaled}, vec4<bool>(${seen.join(", ")}));`);
    }
    if (isRagged) block.add(`score${row} = select(${lowest}, score${row}, exists);`);
    block.add(`weights[${lineOf(row)} + across] = score${row};`, `var high${row} = ${lowest};`);
  });
  block.add("workgroupBarrier();");
  block.nest(`for (var g = 0; g < ${writer.bound(groupsOfSide)}; g++)`, (inside) => {
    for (const row of rows)
      inside.add(`high${row} = max(high${row}, weights[${lineOf(row)} + g]);`);
  });
  for (const row of rows) {
    const high = `high${row}`;
    block.add(
      `let next${row} = max(top${row}, max(max(${high}.x, ${high}.y), max(${high}.z, ${high}.w)));`,
      `let shrink${row} = ${weightText(units, `top${row}`, `next${row}`, "f32")};`,
      `top${row} = next${row};`,
      `total${row} *= shrink${row};`,
    );
  }
  block.add("workgroupBarrier();");
  for (const row of rows) {
    const weight = weightText(units, `score${row}`, `next${row}`, "vec4f");
    const own = isRagged ? `select(vec4f(), ${weight}, exists)` : weight;
    block.add(`weights[${lineOf(row)} + across] = ${own};`);
  }
}

function writeWeightedSum(
  writer: KernelWriter,
  engine: Attend,
  nest: TiledNest,
  tiled: Tiled,
  part: number,
  block: Block,
): void {
  const keyCount = extentOfAll(engine.keys);
  const columns = extentOfAll(engine.valueAxes);
  const parts = Math.ceil(columns / side);
  const rows = range(nest.rows);
  block.add("workgroupBarrier();");
  stage("tile", side, block, (row, group, body) => {
    const key = `min(firstKey + ${row}, ${keyCount - 1})`;
    const at = unflatten(engine.keys, writer.define(`toValue${part}`, key, keyCount, body).expr);
    const along = (column: Expr): Expr =>
      placed(mergedPositions(tiled.batch, at, unflatten(engine.valueAxes, column)))(engine.value);
    const four = part === 0 ? group : `${part * groupsOfSide} + ${group}`;
    return loadFour(writer, `vFour${part}`, four, columns, parts * groupsOfSide, along, body);
  });
  block.add("workgroupBarrier();");
  for (const row of rows) block.add(`sum${row}_${part} *= shrink${row};`);
  block.nest(`for (var g = 0; g < ${writer.bound(groupsOfSide)}; g++)`, (inside) => {
    for (const key of range(4)) {
      inside.add(`let value${key} = tile[(g * 4 + ${key}) * ${line} + across];`);
    }
    for (const row of rows) {
      inside.add(`let weight${row} = weights[(down * ${nest.rows} + ${row}) * ${line} + g];`);
      // Each row's total is known to all who hold it: they read all of its weights anyway.
      if (part === 0) {
        const four = `(weight${row}.x + weight${row}.y) + (weight${row}.z + weight${row}.w)`;
        inside.add(`total${row} += ${four};`);
      }
      for (const key of range(4)) {
        const weight = `vec4f(weight${row}.${"xyzw"[key]})`;
        inside.add(`sum${row}_${part} = fma(${weight}, value${key}, sum${row}_${part});`);
      }
    }
  });
}

function writeResult(
  writer: KernelWriter,
  engine: Attend,
  nest: TiledNest,
  tiled: Tiled,
  parts: number,
): void {
  const columns = extentOfAll(engine.valueAxes);
  const groups = Math.ceil(columns / 4);
  const rowCount = extentOfAll(engine.queries);
  tiled.queries.forEach((query, row) => {
    const fill = (block: Block): void => {
      if (engine.hasLogSum)
        block.nest("if (across == 0)", (inside) => {
          const at = mergedPositions(tiled.batch, unflatten(engine.queries, query));
          storeRow(writer, at, `top${row} + log(total${row})`, inside);
        });
      for (const part of range(parts)) {
        const store = (inside: Block): void => {
          const name = `out${row}_${part}`;
          inside.add(`let ${name} = across + ${part * groupsOfSide};`);
          inside.add(`let whole${row}_${part} = sum${row}_${part} / total${row};`);
          const column = writer.fours(name, columns, inside);
          storeFour(writer, engine, tiled.batch, query, column, `whole${row}_${part}`, inside);
        };
        const limit = groups - part * groupsOfSide;
        if (limit >= groupsOfSide) store(block);
        else block.nest(`if (across < ${limit})`, store, { isConditional: true });
      }
    };
    const at = `firstRow + down * ${nest.rows} + ${row}`;
    if (rowCount % (8 * nest.rows) === 0) fill(writer.root);
    else writer.root.nest(`if (${at} < ${rowCount})`, fill, { isConditional: true });
  });
}
