import { invariant } from "../../diagnostics/internal-error.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import {
  add,
  applyFunction,
  constant,
  div,
  less,
  minimum,
  mul,
  sqrt,
  where,
} from "../../ops/build/build.ts";
import { sum } from "../../ops/build/build-reduction.ts";
import { layOutSlab, slab } from "../../ops/build/build-slabs.ts";
import type { Extent } from "../../ops/define-op.ts";
import type { Checker } from "../core/checker.ts";

/** The square of what is not finite, and a norm that none of finite squares is above but by what f32 cannot hold. */
const squareOfNone = 3e38;
const largestNorm = 1e19;

/**
 * The root of the sum of all squares, in two stages: rows, and what they have come to. It is above `largestNorm`
 * where a gradient is not finite, which is asked of its bits: compilers may assume that floats are finite.
 *
 * @param gradients f32
 */
export function normOf(
  { build, sizes }: Checker,
  gradients: readonly Value[],
  extent: Extent,
): Value {
  const [first] = gradients;
  invariant(first !== undefined, "nothing is trained");
  const { origin } = first;
  const rows = gradients.map((gradient) => {
    const none = constant(build, squareOfNone, "f32", origin);
    const square = mul(build, gradient, gradient, origin);
    const isNumber = applyFunction("is_finite", build, [gradient], origin);
    const known = where(build, isNumber, square, none, origin);
    return sum(build, known, gradient.type.axes.slice(-1), origin);
  });
  const lists = rows.map(({ type }) => type.axes);
  const layout = layOutSlab(build, sizes, extent, lists);
  const all = slab(build, layout, "sums of squares", rows, origin);
  return sqrt(build, sum(build, all, layout.axes, origin), origin);
}

/** Whether the gradients of this norm are finite. */
export function isFiniteNorm(build: GraphBuilder, norm: Value): Value {
  return less(build, norm, constant(build, largestNorm, "f32", norm.origin), norm.origin);
}

/** As PyTorch clips: what is added keeps a norm of 0 from dividing. */
export function clipFactor(build: GraphBuilder, norm: Value, most: number): Value {
  const { origin } = norm;
  const number = (value: number) => constant(build, value, "f32", origin);
  const ratio = div(build, number(most), add(build, norm, number(1e-6), origin), origin);
  return minimum(build, ratio, number(1), origin);
}
