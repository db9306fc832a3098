import { call, intConstant } from "./expr.ts";
import type { Expr, LoopAxis } from "./kernel.ts";

/** Positions along each axis where all of them are flattened, outermost first, into one. */
export function unflatten(axes: readonly LoopAxis[], flat: Expr): ReadonlyMap<number, Expr> {
  const positions = new Map<number, Expr>();
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    if (axis.extent === 0) return new Map(axes.map((empty) => [empty.id, intConstant(0)]));
    const shifted = call("div", [flat, intConstant(stride)], "i32");
    positions.set(axis.id, call("mod", [shifted, intConstant(axis.extent)], "i32"));
    stride *= axis.extent;
  }
  return positions;
}
