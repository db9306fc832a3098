import { invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, Axis, Origin, TensorType, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Combine } from "../../ir/kernel/loops.ts";
import type { Amount } from "./amount.ts";
import {
  concatenatedType,
  elementType,
  expandedType,
  mergedType,
  putSortedType,
  putType,
  renamedType,
  reorderedType,
  segmentType,
  slicedType,
  splitType,
  stackedType,
  takenType,
  windowType,
} from "./movement-types.ts";

/** Constructors of what only moves elements. What would change nothing is left out. */
export function rename(
  build: GraphBuilder,
  x: Value,
  from: readonly Axis[],
  to: readonly Axis[],
  origin: Origin,
): Value {
  if (from.every((axis, n) => axis === to[n])) return x;
  return make(build, "rename", renamedType, [x], { from, to }, origin);
}

/** The same axes in this order. */
export function reorder(
  build: GraphBuilder,
  x: Value,
  axes: readonly Axis[],
  origin: Origin,
): Value {
  if (axes.every((axis, n) => axis === x.type.axes[n])) return x;
  return make(build, "reorder", reorderedType, [x], { axes }, origin);
}

/** Adds those of `axes` that `x` lacks, in front. */
export function expand(
  build: GraphBuilder,
  x: Value,
  axes: readonly Axis[],
  origin: Origin,
): Value {
  const missing = axes.filter((axis) => !x.type.axes.includes(axis));
  if (missing.length === 0) return x;
  return make(build, "expand", expandedType, [x], { axes: missing }, origin);
}

/** `x` with exactly these axes in this order, repeated along those that it lacks. */
export function expandTo(
  build: GraphBuilder,
  x: Value,
  axes: readonly Axis[],
  origin: Origin,
): Value {
  return reorder(build, expand(build, x, axes, origin), axes, origin);
}

export function split(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  to: readonly Axis[],
  origin: Origin,
): Value {
  return make(build, "split", splitType, [x], { axis, to }, origin);
}

export function merge(
  build: GraphBuilder,
  x: Value,
  axes: readonly Axis[],
  to: Axis,
  origin: Origin,
): Value {
  return make(build, "merge", mergedType, [x], { axes, to }, origin);
}

/** Segment number `segment` of the join `axis`. */
export function segment(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  segment: number,
  origin: Origin,
): Value {
  if (axis.segments === undefined) return x;
  return make(build, "segment", segmentType, [x], { axis, segment }, origin);
}

/** The element at one position, 0 outside. Amounts are numbers where they are known. */
export function element(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  position: Amount,
  origin: Origin,
): Value {
  return make(build, "element", elementType, [x], { axis, position }, origin);
}

export function take(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  positions: Value,
  origin: Origin,
): Value {
  return make(build, "take", takenType, [x, positions], { axis }, origin);
}

export function put(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  positions: Value,
  values: Value,
  origin: Origin,
): Value {
  return make(build, "put", putType, [x, positions, values], { axis }, origin);
}

/** How values and what is at their positions become one; `undefined` where they replace it. */
export function combineOf({ combine }: Attrs): Combine | undefined {
  if (combine === undefined) return undefined;
  const known = combines.find((one) => one === combine);
  invariant(known !== undefined, "a put that combines in no known way");
  return known;
}

const combines: readonly Combine[] = ["sum", "product", "max", "min"];

/** `put` that combines each value with what is at its position, in their order. */
export function putCombined(
  build: GraphBuilder,
  x: Value,
  how: { readonly axis: Axis; readonly combine: Combine },
  positions: Value,
  values: Value,
  origin: Origin,
): Value {
  return make(build, "put_combined", putType, [x, positions, values], { ...how }, origin);
}

/**
 * `x` with updates combined with its rows in order: each row takes those of `values` along `order` from
 * number `from` of its own to before number `to`.
 */
export function putSorted(
  build: GraphBuilder,
  x: Value,
  how: { readonly order: Axis; readonly combine: Combine },
  { from, to, values }: { readonly from: Value; readonly to: Value; readonly values: Value },
  origin: Origin,
): Value {
  return make(build, "put_sorted", putSortedType, [x, from, to, values], { ...how }, origin);
}

export function slice(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  to: Axis,
  from: Amount,
  origin: Origin,
): Value {
  return make(build, "slice", slicedType, [x], { axis, to, from }, origin);
}

export interface WindowShape {
  readonly outer: Axis;
  readonly inner: Axis;
  readonly stride: Amount;
  readonly pad: Amount;
  readonly dilate: Amount;
}

export function window(
  build: GraphBuilder,
  x: Value,
  axis: Axis,
  shape: WindowShape,
  origin: Origin,
): Value {
  return make(build, "window", windowType, [x], { axis, ...shape }, origin);
}

export function concat(
  build: GraphBuilder,
  parts: readonly Value[],
  axis: Axis,
  origin: Origin,
): Value {
  return make(build, "concat", concatenatedType, parts, { axis }, origin);
}

export function stack(
  build: GraphBuilder,
  parts: readonly Value[],
  axis: Axis,
  origin: Origin,
): Value {
  return make(build, "stack", stackedType, parts, { axis }, origin);
}

function make(
  build: GraphBuilder,
  op: string,
  rule: (inputs: readonly TensorType[], attrs: Attrs) => TensorType,
  inputs: readonly Value[],
  attrs: Attrs,
  origin: Origin,
): Value {
  const type = rule(
    inputs.map((input) => input.type),
    attrs,
  );
  return build.value(op, inputs, attrs, type, origin);
}
