import type { ExprEvaluator } from "../../expr/evaluate-expr.ts";
import {
  type AttendScores,
  capped,
  lowestFloat,
  maskOperands,
  rewriteScores,
  scoreOperands,
} from "./attend-scores.ts";
import { type EngineRecord, pointsOf } from "./engine-record.ts";

/**
 * Reduction 0 = attention output at (batch, queries, value): online softmax over `keys` of
 * mask ? capped(scale * sum over `inner` of query * key) + bias : lowest, times value. Never stores a score.
 * Reduction 1, where `hasLogSum`: of each row, the logarithm of the sum over `keys` of e to the power of the
 * score, by which the way back finds each weight again.
 */
export interface AttendEngine extends AttendScores {
  readonly kind: "attend";
  readonly hasLogSum?: true;
}

export const attend: EngineRecord<AttendEngine> = {
  kind: "attend",
  reads: { one: "attends over its elements", several: "attend over its elements" },
  loadsOnce: false,
  loops: ({ batch, queries, keys, inner, valueAxes, hasLogSum }) => [
    { name: "batch", axes: batch, role: "parallel" },
    { name: "queries", axes: queries, role: "parallel" },
    { name: "keys", axes: keys, role: "inner" },
    { name: "inner", axes: inner, role: "inner" },
    { name: "value", axes: valueAxes, role: hasLogSum ? "stored" : "parallel" },
  ],
  operands: (engine) => [...scoreOperands(engine), ...maskOperands(engine)],
  settings: ({ scale, cap, hasLogSum }) => ({
    scale,
    ...(cap !== undefined && { cap }),
    ...(hasLogSum && { results: 2 }),
  }),
  results: ({ hasLogSum }) => (hasLogSum ? 2 : 1),
  // It writes whole rows of values wherever they stand.
  layout: ({ valueAxes }) => valueAxes,
  updateLoops: () => undefined,
  rewrite: rewriteScores,
  flops({ batch, queries, keys, inner, valueAxes }) {
    // Per score: the product with the key, scale, exp, its sum, and the product with the value.
    return pointsOf(batch, queries, keys) * (2 * pointsOf(inner) + 4 + 2 * pointsOf(valueAxes));
  },
  interpret(engine, { evaluator, storeElement, storeRow }) {
    const weigh = rowWeights(engine, evaluator);
    const value = evaluator.compile(engine.value);
    evaluator.loop([...engine.batch, ...engine.queries], () => {
      const { weights, logSum } = weigh();
      evaluator.setReduced(1, logSum);
      storeRow();
      evaluator.loop(engine.valueAxes, () => {
        let [result, n] = [0, 0];
        evaluator.loop(engine.keys, () => {
          result += (weights[n++] ?? 0) * value();
        });
        evaluator.setReduced(0, result);
        storeElement();
      });
    });
  },
};

/** The definition, not the online form: all scores of a row and their softmax. */
function rowWeights(
  engine: AttendEngine,
  evaluator: ExprEvaluator,
): () => { readonly weights: readonly number[]; readonly logSum: number } {
  const query = evaluator.compile(engine.query);
  const key = evaluator.compile(engine.key);
  const mask = engine.mask === undefined ? () => 1 : evaluator.compile(engine.mask);
  const bias = engine.bias === undefined ? () => 0 : evaluator.compile(engine.bias);
  return () => {
    const scores: number[] = [];
    evaluator.loop(engine.keys, () => {
      let score = 0;
      if (mask() !== 0) {
        evaluator.loop(engine.inner, () => {
          score += query() * key();
        });
        score = capped(score * engine.scale, engine.cap) + bias();
      } else score = lowestFloat;
      scores.push(score);
    });
    const top = scores.reduce((a, b) => Math.max(a, b), lowestFloat);
    const raised = scores.map((score) => Math.exp(score - top));
    const total = raised.reduce((a, b) => a + b, 0);
    return { weights: raised.map((own) => own / total), logSum: top + Math.log(total) };
  };
}
