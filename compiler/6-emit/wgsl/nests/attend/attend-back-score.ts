import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import type { LoopAxis } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import { type KernelWriter, placed } from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { scoreText, weightText } from "./attend-score.ts";

export type AttendBack = Engine<"attend-back">;

/** One product of rows and others, summed over `axes`: the scores, or the slopes before delta is taken off. */
interface BackProduct {
  readonly axes: readonly LoopAxis[];
  readonly row: Expr;
  readonly other: Expr;
}

/** A result along `axes`: weights of the others, or their slopes, times this operand of theirs. */
interface BackSum {
  readonly axes: readonly LoopAxis[];
  readonly of: "weight" | "slope";
  readonly operand: Expr;
}

/** What a nest computes, seen from the side that it goes along. */
export interface BackWork {
  readonly rows: readonly LoopAxis[];
  readonly others: readonly LoopAxis[];
  readonly score: BackProduct;
  readonly slope: BackProduct;
  /** In the order of the reductions, without those that no store reads. */
  readonly sums: readonly BackSum[];
}

export function backWork(writer: KernelWriter, engine: AttendBack): BackWork {
  const { side, queries, keys, inner, valueAxes, query, key, value, gradient } = engine;
  const { stores } = writer.scheduled.kernel;
  const isStored = (sum: BackSum): boolean =>
    stores.some(({ perRow, along }) => perRow !== true && (along === 1) === (sum.of === "weight"));
  if (side === "queries") {
    const sums: readonly BackSum[] = [{ axes: inner, of: "slope", operand: key }];
    return {
      rows: queries,
      others: keys,
      score: { axes: inner, row: query, other: key },
      slope: { axes: valueAxes, row: gradient, other: value },
      sums: sums.filter(isStored),
    };
  }
  const sums: readonly BackSum[] = [
    { axes: inner, of: "slope", operand: query },
    { axes: valueAxes, of: "weight", operand: gradient },
  ];
  return {
    rows: keys,
    others: queries,
    score: { axes: inner, row: key, other: query },
    slope: { axes: valueAxes, row: value, other: gradient },
    sums: sums.filter(isStored),
  };
}

/** Names of what a weight is made of, of one query and key or of four. */
interface BackNames {
  /** The products of queries and keys; becomes the weights. */
  readonly score: string;
  /** The products of gradients and values; becomes the slopes. */
  readonly slope: string;
  readonly logSum: string;
  readonly delta: string;
  /** Whether the mask is true; `undefined`: there is no mask. */
  readonly open: string | undefined;
  readonly at: readonly ReadonlyMap<number, Expr>[];
}

/** Makes weights and slopes of the products, in the variables that hold those. */
export function writeWeightAndSlope(
  writer: KernelWriter,
  engine: AttendBack,
  { score, slope, logSum, delta, open, at }: BackNames,
  block: Block,
): void {
  const { cap, mask, bias, scale } = engine;
  const type = at.length === 1 ? "f32" : "vec4f";
  const number = (value: number): string =>
    type === "f32" ? literal(value, "f32") : `${type}(${literal(value, "f32")})`;
  if (cap !== undefined) {
    const bent = scoreText(writer, { cap }, { name: score, scale, at }, 1, block);
    block.add(`let bent_${score} = ${bent};`);
  }
  const products =
    cap === undefined ? { name: score, scale, at } : { name: `bent_${score}`, scale: 1, at };
  const raised = writer.printer.name(
    scoreText(writer, bias === undefined ? {} : { bias }, products, 1, block),
    block,
    "s",
  );
  const bending =
    cap === undefined
      ? ""
      : ` * (1.0f - bent_${score} * bent_${score} * ${literal(1 / (cap * cap), "f32")})`;
  const weight = weightText({ power: "exp" }, raised, logSum, type);
  const seen = open === undefined ? weight : `select(${number(0)}, ${weight}, ${open})`;
  const isLost = `${logSum} == ${number(-largestFloat)}`;
  const own =
    mask === undefined && bias === undefined
      ? seen
      : `select(${seen}, ${number(1 / engine.keyCount)}, ${isLost})`;
  block.add(`${score} = ${own};`);
  const steep = `${score} * (${slope} - ${delta})${bending} * ${literal(scale, "f32")}`;
  block.add(
    `${slope} = ${open === undefined ? steep : `select(${number(0)}, ${steep}, ${open})`};`,
  );
}

/** The mask at one position, as text. */
export function maskText(
  writer: KernelWriter,
  mask: Expr,
  at: ReadonlyMap<number, Expr>,
  block: Block,
): string {
  return writer.printer.scalar(placed(at)(mask), block);
}
