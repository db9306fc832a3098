import type { Size } from "../../../dims/size.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import { merge } from "../../build/build-movement.ts";
import type { CheckedCall } from "../surface-definition.ts";

interface OneAxis {
  readonly x: Value;
  readonly axis: Axis;
}

/**
 * `x` with the axes of the braces as one. Positions in a product count row-major over it, so where a
 * product is named, `x` is merged first.
 */
export function asOneAxis(call: CheckedCall, x: Value): OneAxis | undefined {
  const { build, origin } = call.context;
  const [only, ...more] = call.axes;
  if (only === undefined) return undefined;
  if (more.length === 0) return { x, axis: only };
  const name = call.axes.map((axis) => axis.name).join("*");
  const axis = build.axis(name, productSize(call, call.axes), undefined);
  return { x: merge(build, x, call.axes, axis, origin), axis };
}

/** The number of elements of these axes together. */
export function productSize({ context }: CheckedCall, axes: readonly Axis[]): Size {
  const { sizes } = context;
  return axes.reduce((size, axis) => sizes.multiply(size, axis.size), sizes.constant(1));
}
