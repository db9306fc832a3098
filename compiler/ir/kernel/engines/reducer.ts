import type { Evaluate, ExprEvaluator } from "../../expr/evaluate-expr.ts";
import type { LoopAxis, Reduction } from "../loops.ts";
import { joinOf, neutralOf } from "./combining.ts";

/** Combines a value over loops, from the first point on, and sets result `number` of the kernel. */
export function reducer(
  evaluator: ExprEvaluator,
  number: number,
  { combine, type }: Pick<Reduction, "combine" | "type">,
  axes: readonly LoopAxis[],
  value: Evaluate,
): () => void {
  const join = joinOf(combine, type);
  return () => {
    let total = neutralOf(combine);
    evaluator.loop(axes, () => {
      total = join(total, value());
    });
    evaluator.setReduced(number, total);
  };
}
