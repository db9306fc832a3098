import { childrenOf } from "../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { isWithin, rangeOf } from "../../../ir/expr/expr-range.ts";
import type { BindingTable } from "./binding-table.ts";

/** Would the loads stay inside their tensors even where the branch that has them is not taken? */
export function loadsAreInRange(expr: Expr, bindings: BindingTable): boolean {
  if (expr.kind === "load") {
    const { shape } = bindings.bindingOf(expr.tensor).tensor;
    const isInside = expr.at.every((at, dimension) =>
      isWithin(rangeOf(at), 0, (shape[dimension] ?? 1) - 1),
    );
    if (!isInside) return false;
  }
  return childrenOf(expr).every((part) => loadsAreInRange(part, bindings));
}
