import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Axis, Origin, TensorType, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { convert } from "./build.ts";
import { reorder } from "./build-movement.ts";
import { reducedType, replaceAxes, withoutAxes } from "./type-rules.ts";

type Reduce = (build: GraphBuilder, x: Value, axes: readonly Axis[], origin: Origin) => Value;

/** Constructors of what combines elements along axes. Over no axes a reduction is its input. */
export const sum = reduction("sum");
export const productOver = reduction("product");
export const mean = reduction("mean");
export const maxOver = reduction("max");
export const minOver = reduction("min");

/** At each position along `axis` the sum of what is before it. */
export function cumsum(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  how: { readonly exclusive: boolean; readonly reverse: boolean },
  origin: Origin,
): Value {
  return build.value("cumsum", [x], { axis, ...how }, x.type, origin);
}

/** The position of the largest element, the first on a tie. */
export function argmax(build: GraphBuilder, x: Value, axis: Axis, origin: Origin): Value {
  const axes = withoutAxes(x.type.axes, [axis]);
  return build.value("argmax", [x], { axis }, { element: "i32", axes }, origin);
}

/** The positions of the largest elements along `to`, largest first, ties by position. */
export function top(build: GraphBuilder, x: Value, axis: Axis, to: Axis, origin: Origin): Value {
  const axes = replaceAxes(x.type.axes, [axis], [to]);
  return build.value("top", [x], { axis, to }, { element: "i32", axes }, origin);
}

/**
 * The adjoint of broadcasting: sums `gradient` over the axes that `type` lacks and gives it that type.
 */
export function sumTo(
  build: GraphBuilder,
  gradient: Value,
  type: TensorType,
  origin: Origin,
): Value {
  const extra = gradient.type.axes.filter((axis) => !type.axes.includes(axis));
  const summed = sum(build, gradient, extra, origin);
  if (summed.type.axes.length !== type.axes.length) {
    throw new InternalError("a gradient lacks an axis of what it belongs to");
  }
  return convert(build, reorder(build, summed, type.axes, origin), type.element, origin);
}

function reduction(op: string): Reduce {
  return (build, x, axes, origin) => {
    if (axes.length === 0) return x;
    return build.value(op, [x], { axes }, reducedType([x.type], { axes }), origin);
  };
}
