import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { loadFour } from "../load-four.ts";
import { overWorkgroup } from "../workgroup-tree.ts";
import { storeFour } from "./attend-result.ts";
import { scoreText, scoreUnits, weightText } from "./attend-score.ts";
import { type Attend, queryPositions } from "./attend-tile.ts";
import { declareKeyEnd } from "./key-end.ts";

type SplitNest = LoopNest<"attend-split">;

/** The queries of one batch element: numbers of all of them together are vectors of `type`. */
interface Split {
  readonly batch: ReadonlyMap<number, Expr>;
  readonly queries: readonly Expr[];
  readonly type: string;
  /** One number of `type` by query. */
  readonly of: (name: string, row: number) => string;
}

/**
 * A workgroup for the few queries of one batch element. Its invocations score a key each; then they take
 * four columns of the values and every so-manieth key; at the end the partial sums of a column are added
 * in a fixed order (split-KV, as in Flash-Decoding, within a workgroup).
 */
export function writeAttendSplit(writer: KernelWriter, engine: Attend, nest: SplitNest): void {
  const { root } = writer;
  const split = declareSplit(writer, engine, nest);
  const { type } = split;
  const units = scoreUnits(engine);
  const size = writer.scheduled.workgroupSize;
  const keyCount = extentOfAll(engine.keys);
  const groups = Math.ceil(extentOfAll(engine.valueAxes) / 4);
  const shares = Math.floor(size / groups);
  writer.workgroupVariable("weights", `array<${type}, ${size}>`);
  root.add(
    `let column = local % ${groups};`,
    `let share = local / ${groups};`,
    `var top = ${type}(${literal(-largestFloat, "f32")});`,
    `var total = ${type}();`,
  );
  for (let row = 0; row < nest.rows; row++) root.add(`var sum${row} = vec4f();`);
  const bound = declareKeyEnd(writer, engine, queryPositions(engine, split), root);
  // Where no query sees a key, every key counts.
  if (bound !== undefined) root.add(`var end = select(${bound}, ${keyCount}, ${bound} == 0);`);
  const end = bound === undefined ? String(keyCount) : "end";
  root.nest(`for (var firstKey = 0; firstKey < ${end}; firstKey += ${size})`, (block) => {
    const key = writer.define("key", `min(firstKey + local, ${keyCount - 1})`, keyCount, block);
    writeScores(writer, engine, split, key, block);
    const highest = overWorkgroup(writer, "max", "score", type, "tree", block);
    block.add(
      `let next = max(top, ${highest});`,
      `let shrink = ${weightText(units, "top", "next", type)};`,
      `var weight = ${weightText(units, "score", "next", type)};`,
      `if (firstKey + local >= ${keyCount}) {`,
      `  weight = ${type}();`,
      "}",
      "top = next;",
      "total = fma(total, shrink, weight);",
      "weights[local] = weight;",
      "workgroupBarrier();",
    );
    writeWeightedSum(writer, engine, nest, split, shares, block);
    block.add("workgroupBarrier();");
    if (bound !== undefined) {
      const lowest = literal(-largestFloat, "f32");
      const unseen = nest.rows === 1 ? `top == ${lowest}` : `any(top == ${type}(${lowest}))`;
      block.add(`if (firstKey + ${size} >= end && ${unseen}) {`, `  end = ${keyCount};`, "}");
    }
  });
  writeResult(writer, engine, nest, split, shares);
}

function declareSplit(writer: KernelWriter, engine: Attend, { rows }: SplitNest): Split {
  const { root } = writer;
  root.add(`let local = i32(${writer.builtin("local_invocation_index")});`);
  const batchCount = extentOfAll(engine.batch);
  const id = `i32(${writer.builtin("workgroup_id")}.x)`;
  const batch = batchCount > 1 ? writer.define("batch", id, batchCount, root).expr : intConstant(0);
  return {
    batch: unflatten(engine.batch, batch),
    queries: Array.from({ length: rows }, (_, row) => intConstant(row)),
    type: rows === 1 ? "f32" : `vec${rows}f`,
    of: (name, row) => (rows === 1 ? name : `${name}.${"xyzw"[row]}`),
  };
}

/** `score`: of each query and the key of this invocation, in units of log2. */
function writeScores(
  writer: KernelWriter,
  engine: Attend,
  split: Split,
  key: LoopVariable,
  block: Block,
): void {
  const inner = extentOfAll(engine.inner);
  const groups = Math.ceil(inner / 4);
  const positions = queryPositions(engine, split);
  const atKey = unflatten(engine.keys, key.expr);
  const lowest = literal(-largestFloat, "f32");
  block.add(`var score = ${split.type}();`);
  block.nest(`for (var k = 0; k < ${writer.bound(groups)}; k++)`, (inside) => {
    const along =
      (outer: ReadonlyMap<number, Expr>, operand: Expr) =>
      (step: Expr): Expr =>
        placed(mergedPositions(outer, unflatten(engine.inner, step)))(operand);
    const load = (name: string, outer: ReadonlyMap<number, Expr>, operand: Expr): string =>
      loadFour(writer, name, "k", inner, groups, along(outer, operand), inside);
    inside.add(`let keys = ${load("kk", mergedPositions(split.batch, atKey), engine.key)};`);
    positions.forEach((outer, row) => {
      const query = load(`kq${row}`, outer, engine.query);
      inside.add(`${split.of("score", row)} += dot(${query}, keys);`);
    });
  });
  positions.forEach((outer, row) => {
    const own = split.of("score", row);
    const at = mergedPositions(outer, atKey);
    const products = { name: own, scale: engine.scale, at: [at] };
    block.add(`${own} = ${scoreText(writer, engine, products, scoreUnits(engine).factor, block)};`);
    if (engine.mask === undefined) return;
    const mask = writer.printer.scalar(placed(at)(engine.mask), block);
    block.add(`${own} = select(${lowest}, ${own}, ${mask});`);
  });
  block.add(`if (firstKey + local >= ${extentOfAll(engine.keys)}) {`);
  block.add(`  score = ${split.type}(${lowest});`, "}");
}

function writeWeightedSum(
  writer: KernelWriter,
  engine: Attend,
  nest: SplitNest,
  split: Split,
  shares: number,
  block: Block,
): void {
  const size = writer.scheduled.workgroupSize;
  const keyCount = extentOfAll(engine.keys);
  const columns = extentOfAll(engine.valueAxes);
  for (let row = 0; row < nest.rows; row++) block.add(`sum${row} *= ${split.of("shrink", row)};`);
  const head = `for (var j = share; j < min(${size}, ${keyCount} - firstKey); j += ${shares})`;
  const fill = (inside: Block): void => {
    const key = writer.define("valueKey", "firstKey + j", keyCount, inside);
    const outer = mergedPositions(split.batch, unflatten(engine.keys, key.expr));
    const at = (position: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(engine.valueAxes, position)))(engine.value);
    const groups = Math.ceil(columns / 4);
    inside.add(`let values = ${loadFour(writer, "cv", "column", columns, groups, at, inside)};`);
    inside.add("let given = weights[j];");
    for (let row = 0; row < nest.rows; row++) {
      const weight = `vec4f(${split.of("given", row)})`;
      inside.add(`sum${row} = fma(${weight}, values, sum${row});`);
    }
  };
  // Invocations without a share of the keys would start behind the last one.
  block.nest(`if (share < ${shares})`, (inside) =>
    inside.nest(head, fill, { isConditional: true }),
  );
}

function writeResult(
  writer: KernelWriter,
  engine: Attend,
  nest: SplitNest,
  split: Split,
  shares: number,
): void {
  const { root } = writer;
  const columns = extentOfAll(engine.valueAxes);
  const groups = Math.ceil(columns / 4);
  const all = overWorkgroup(writer, "sum", "total", split.type, "tree", root);
  writer.workgroupVariable("sums", `array<vec4f, ${writer.scheduled.workgroupSize}>`);
  for (let row = 0; row < nest.rows; row++) {
    root.add(`sums[local] = sum${row};`, "workgroupBarrier();");
    root.nest(
      `if (local < ${groups})`,
      (block) => {
        block.add(
          `var result${row} = vec4f();`,
          `for (var part = 0; part < ${shares}; part++) {`,
          `  result${row} += sums[part * ${groups} + local];`,
          "}",
          `let whole${row} = result${row} / ${split.of(all, row)};`,
          `let out${row} = local;`,
        );
        const column = writer.fours(`out${row}`, columns, block);
        const query = split.queries[row] ?? intConstant(0);
        storeFour(writer, engine, split.batch, query, column, `whole${row}`, block);
      },
      { isConditional: true },
    );
    root.add("workgroupBarrier();");
  }
}
