import { call, intConstant } from "../expr/expr.ts";
import type { Expr } from "../expr/expr-form.ts";
import type { LoopAxis } from "./loops.ts";

/**
 * Positions along each axis where all of them are flattened, outermost first, into one. `flat` is taken
 * to be in range, so the outermost position needs no remainder.
 */
export function unflatten(axes: readonly LoopAxis[], flat: Expr): ReadonlyMap<number, Expr> {
  const positions = new Map<number, Expr>();
  let stride = 1;
  if (axes.some((axis) => axis.extent === 0)) {
    return new Map(axes.map((axis) => [axis.id, intConstant(0)]));
  }
  for (const axis of [...axes].reverse()) {
    const shifted = call("div", [flat, intConstant(stride)], "i32");
    const isOutermost = axis === axes[0];
    const position = isOutermost
      ? shifted
      : call("mod", [shifted, intConstant(axis.extent)], "i32");
    positions.set(axis.id, position);
    stride *= axis.extent;
  }
  return positions;
}
