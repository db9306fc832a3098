import type { Expr } from "../../expr/expr-form.ts";
import type { LoopAxis } from "../loops.ts";
import type { Operand, Rewrite } from "./engine-record.ts";

/** What an attention and its way back have in common: scores of queries and keys, and the values that they weigh. */
export interface AttendScores {
  readonly batch: readonly LoopAxis[];
  readonly queries: readonly LoopAxis[];
  readonly keys: readonly LoopAxis[];
  readonly inner: readonly LoopAxis[];
  readonly valueAxes: readonly LoopAxis[];
  readonly query: Expr;
  readonly key: Expr;
  readonly value: Expr;
  readonly mask: Expr | undefined;
  /** Added to the scores: a mask of floats, a bias by position. */
  readonly bias?: Expr;
  readonly scale: number;
  /** Scores are bent below this: `cap * tanh(score / cap)`. */
  readonly cap?: number;
}

/** The query, key and value of the scores. */
export function scoreOperands(scores: AttendScores): readonly Operand[] {
  const { batch, queries, keys, inner, valueAxes, query, key, value } = scores;
  return [
    { name: "query", expr: query, over: [batch, queries, inner] },
    { name: "key", expr: key, over: [batch, keys, inner] },
    { name: "value", expr: value, over: [batch, keys, valueAxes] },
  ];
}

/** What decides and shifts each score, where there is such. */
export function maskOperands({
  batch,
  queries,
  keys,
  mask,
  bias,
}: AttendScores): readonly Operand[] {
  const over = [batch, queries, keys];
  return [
    ...(mask === undefined ? [] : [{ name: "mask", expr: mask, over }]),
    ...(bias === undefined ? [] : [{ name: "bias", expr: bias, over }]),
  ];
}

/** An engine with the expressions and loops of its scores through functions. */
export function rewriteScores<E extends AttendScores>(
  engine: E,
  expr: Rewrite<Expr>,
  loops: Rewrite<readonly LoopAxis[]>,
): E {
  return {
    ...engine,
    batch: loops(engine.batch),
    queries: loops(engine.queries),
    keys: loops(engine.keys),
    inner: loops(engine.inner),
    valueAxes: loops(engine.valueAxes),
    query: expr(engine.query),
    key: expr(engine.key),
    value: expr(engine.value),
    mask: engine.mask && expr(engine.mask),
    ...(engine.bias && { bias: expr(engine.bias) }),
  };
}

/** A score bent below `cap`, where there is one. */
export function capped(score: number, cap: number | undefined): number {
  return cap === undefined ? score : cap * Math.tanh(score / cap);
}

/** What masks use instead of an infinity: the score where nothing is seen. */
export const lowestFloat = -3.4028234663852886e38;
