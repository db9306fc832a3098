import type { ExprEvaluator } from "../../expr/evaluate-expr.ts";
import type { Expr } from "../../expr/expr-form.ts";
import type { LoopAxis } from "../loops.ts";
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
 * The way back of an attention, from one side; the other axes are summed over, in order. Scores are made again, and
 * with them the weights P = exp(score - logSum) and their slopes D = P * (gradient * value - delta) * scale, where
 * `gradient` is that of the attention's result. Never stores a score.
 *
 * From `queries`: reduction 0 at (batch, queries, inner) = sum of D * key over keys; reduction 1 at (batch,
 * queries) = delta, the sum over value of gradient * result.
 * From `keys`: reduction 0 at (batch, keys, inner) = sum of D * query over queries; reduction 1 at (batch, keys,
 * value) = sum of P * gradient over queries.
 *
 * Where the mask is false, P and D are 0; but a row that sees no key weighs all of them equally, as the attention
 * does: its logSum is the lowest number.
 */
export interface AttendBackEngine extends AttendScores {
  readonly kind: "attend-back";
  readonly side: "queries" | "keys";
  readonly gradient: Expr;
  readonly logSum: Expr;
  /** From `queries` the attention's result, from `keys` the delta that was made of it. */
  readonly share: Expr;
  /** Of the whole attention, where the kernel has a part of the keys. */
  readonly keyCount: number;
}

/** The axes that it goes along in parallel, and those that it sums over. */
export function sidesOf({ side, queries, keys }: AttendBackEngine): {
  readonly rows: readonly LoopAxis[];
  readonly others: readonly LoopAxis[];
} {
  return side === "queries" ? { rows: queries, others: keys } : { rows: keys, others: queries };
}

export const attendBack: EngineRecord<AttendBackEngine> = {
  kind: "attend-back",
  reads: { one: "weighs its elements by scores", several: "weigh its elements by scores" },
  loadsOnce: false,
  loops(engine) {
    const { side, batch, inner, valueAxes } = engine;
    const { rows, others } = sidesOf(engine);
    const [here, there] = side === "queries" ? ["queries", "keys"] : ["keys", "queries"];
    return [
      { name: "batch", axes: batch, role: "parallel" },
      { name: here ?? side, axes: rows, role: "parallel" },
      { name: there ?? side, axes: others, role: "inner" },
      { name: "inner", axes: inner, role: "stored" },
      { name: "value", axes: valueAxes, role: side === "queries" ? "inner" : "stored" },
    ];
  },
  operands(engine) {
    const { side, batch, queries, valueAxes, gradient, logSum, share } = engine;
    const results = [batch, queries, valueAxes];
    return [
      ...scoreOperands(engine),
      { name: "gradient", expr: gradient, over: results },
      { name: "log sum", expr: logSum, over: [batch, queries] },
      side === "queries"
        ? { name: "result", expr: share, over: results }
        : { name: "delta", expr: share, over: [batch, queries] },
      ...maskOperands(engine),
    ];
  },
  settings: ({ scale, cap, keyCount }) => ({
    scale,
    ...(cap !== undefined && { cap }),
    "keys in all": keyCount,
  }),
  results: () => 2,
  layout: () => [],
  updateLoops: () => undefined,
  rewrite: (engine, expr, loops) => ({
    ...rewriteScores(engine, expr, loops),
    gradient: expr(engine.gradient),
    logSum: expr(engine.logSum),
    share: expr(engine.share),
  }),
  flops({ side, batch, queries, keys, inner, valueAxes }) {
    // Of each score: its product and that of its slope, exp and what is around it, and one or two sums.
    const [wide, narrow] = [pointsOf(inner), pointsOf(valueAxes)];
    const products = side === "queries" ? 2 * wide + narrow : 2 * wide + 2 * narrow;
    return pointsOf(batch, queries, keys) * (2 * products + 8);
  },
  interpret(engine, { evaluator, storeElement, storeOther, storeRow }) {
    const { side, batch, inner, valueAxes } = engine;
    const { rows, others } = sidesOf(engine);
    const [slopeAt, gradient] = [scoreSlope(engine, evaluator), evaluator.compile(engine.gradient)];
    const ofOther = evaluator.compile(side === "queries" ? engine.key : engine.query);
    const share = evaluator.compile(engine.share);
    const sumOver = (weights: readonly number[], factor: () => number): number => {
      let [sum, n] = [0, 0];
      evaluator.loop(others, () => {
        sum += (weights[n++] ?? 0) * factor();
      });
      return sum;
    };
    evaluator.loop([...batch, ...rows], () => {
      let delta = 0;
      if (side === "queries")
        evaluator.loop(valueAxes, () => {
          delta += gradient() * share();
        });
      evaluator.setReduced(1, delta);
      storeRow();
      const [weights, slopes]: [number[], number[]] = [[], []];
      evaluator.loop(others, () => {
        const { weight, slope } = slopeAt(side === "queries" ? delta : share());
        weights.push(weight);
        slopes.push(slope);
      });
      evaluator.loop(inner, () => {
        evaluator.setReduced(0, sumOver(slopes, ofOther));
        storeElement();
      });
      if (side === "keys")
        evaluator.loop(valueAxes, () => {
          evaluator.setReduced(1, sumOver(weights, gradient));
          storeOther();
        });
    });
  },
};

/** The weight of a query and a key, and its slope, at the loops' point. */
function scoreSlope(
  { keyCount, inner, valueAxes, scale, cap, ...engine }: AttendBackEngine,
  evaluator: ExprEvaluator,
): (delta: number) => { readonly weight: number; readonly slope: number } {
  const query = evaluator.compile(engine.query);
  const key = evaluator.compile(engine.key);
  const value = evaluator.compile(engine.value);
  const gradient = evaluator.compile(engine.gradient);
  const logSum = evaluator.compile(engine.logSum);
  const mask = engine.mask === undefined ? () => 1 : evaluator.compile(engine.mask);
  const bias = engine.bias === undefined ? () => 0 : evaluator.compile(engine.bias);
  const sum = (axes: readonly LoopAxis[], a: () => number, b: () => number): number => {
    let all = 0;
    evaluator.loop(axes, () => {
      all += a() * b();
    });
    return all;
  };
  return (delta) => {
    const all = logSum();
    const equal = all <= lowestFloat ? 1 / keyCount : undefined;
    if (mask() === 0) return { weight: equal ?? 0, slope: 0 };
    const score = capped(sum(inner, query, key) * scale, cap);
    const weight = equal ?? Math.exp(score + bias() - all);
    const bending = cap === undefined ? 1 : 1 - (score / cap) ** 2;
    const slope = weight * (sum(valueAxes, gradient, value) - delta) * bending * scale;
    return { weight, slope };
  };
}
