import type { Evaluate, ExprEvaluator } from "../../expr/evaluate-expr.ts";
import type { Combine, LoopAxis } from "../loops.ts";

/** Combines a value over loops, from the first point on, and sets result `number` of the kernel. */
export function reducer(
  evaluator: ExprEvaluator,
  number: number,
  combine: Combine,
  axes: readonly LoopAxis[],
  value: Evaluate,
): () => void {
  const start = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY }[combine];
  const join = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min }[combine];
  return () => {
    let total = start;
    evaluator.loop(axes, () => {
      total = join(total, value());
    });
    evaluator.setReduced(number, total);
  };
}
