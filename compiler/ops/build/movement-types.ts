import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, Axis, TensorType } from "../../ir/graph/graph.ts";
import {
  axesOf,
  axisOf,
  numberOf,
  onlyInput,
  replaceAxes,
  unionAxes,
  withoutAxes,
} from "./type-rules.ts";

/** Types of what only moves elements. Sizes were checked where the operation was written. */
export function renamedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  const from = axesOf(attrs, "from");
  const to = axesOf(attrs, "to");
  invariant(from.length === to.length, "rename needs pairs");
  return { element, axes: axes.map((axis) => to[from.indexOf(axis)] ?? axis) };
}

export function reorderedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  const order = axesOf(attrs, "axes");
  invariant(withoutAxes(axes, order).length === 0, "reorder keeps every axis");
  return { element, axes: order };
}

export function expandedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  return { element, axes: [...axesOf(attrs, "axes"), ...axes] };
}

export function splitType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  return { element, axes: replaceAxes(axes, [axisOf(attrs, "axis")], axesOf(attrs, "to")) };
}

export function mergedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  return { element, axes: replaceAxes(axes, axesOf(attrs, "axes"), [axisOf(attrs, "to")]) };
}

export function segmentType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  const axis = axisOf(attrs, "axis");
  const segment = segmentsOf(axis)[numberOf(attrs, "segment")];
  invariant(segment !== undefined, `${axis.name} has no such segment`);
  return { element, axes: replaceAxes(axes, [axis], segment) };
}

/** A plain axis counts as a join of itself. */
export function segmentsOf(axis: Axis): readonly (readonly Axis[])[] {
  return axis.segments ?? [[axis]];
}

export function elementType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  return { element, axes: withoutAxes(axes, [axisOf(attrs, "axis")]) };
}

export function slicedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  return { element, axes: replaceAxes(axes, [axisOf(attrs, "axis")], [axisOf(attrs, "to")]) };
}

export function windowType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const { element, axes } = onlyInput(inputs);
  const made = [axisOf(attrs, "outer"), axisOf(attrs, "inner")];
  return { element, axes: replaceAxes(axes, [axisOf(attrs, "axis")], made) };
}

/** `axis` is consumed; axes of the positions that the tensor lacks (or `axis` itself) replace it. */
export function takenType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [tensor, positions] = inputs;
  if (tensor === undefined || positions?.element !== "i32") {
    throw new InternalError("take needs a tensor and positions of i32");
  }
  const axis = axisOf(attrs, "axis");
  return {
    element: tensor.element,
    axes: replaceAxes(tensor.axes, [axis], positionAxes(tensor, positions, axis)),
  };
}

/** Axes of the positions along which `take` looks anew and `put` writes anew; others are shared. */
export function positionAxes(
  tensor: TensorType,
  positions: TensorType,
  axis: Axis,
): readonly Axis[] {
  return positions.axes.filter((other) => other === axis || !tensor.axes.includes(other));
}

export function putType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [tensor, positions, values] = inputs;
  if (tensor === undefined || positions === undefined || values === undefined) {
    throw new InternalError("put needs a tensor, positions and values");
  }
  const dual = takenType([tensor, positions], attrs);
  invariant(
    values.element === tensor.element && withoutAxes(dual.axes, values.axes).length === 0,
    "the values of put must have the type that take has there",
  );
  return tensor;
}

export function putSortedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [tensor, from, to, values] = inputs;
  invariant(
    tensor !== undefined && from?.element === "i32" && to?.element === "i32",
    "put_sorted needs a tensor, and where the updates of each row begin and end",
  );
  const own = values?.axes.filter((axis) => axis !== axisOf(attrs, "order")) ?? [];
  invariant(
    [...from.axes, ...to.axes, ...own].every((axis) => tensor.axes.includes(axis)) &&
      values?.element === tensor.element,
    "what put_sorted takes has axes of the tensor",
  );
  return tensor;
}

export function concatenatedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const axis = axisOf(attrs, "axis");
  const segments = segmentsOf(axis);
  const [first] = inputs;
  invariant(first !== undefined && inputs.length === segments.length, "one input per segment");
  const lists = inputs.map((input, n) => joinedAxes(input.axes, axis, segments[n] ?? []));
  const axes = unionAxes(lists);
  return { element: first.element, axes: axes.includes(axis) ? axes : [axis, ...axes] };
}

function joinedAxes(axes: readonly Axis[], join: Axis, segment: readonly Axis[]): readonly Axis[] {
  const here = segment.filter((axis) => axes.includes(axis));
  return here.length === 0 ? axes : replaceAxes(axes, here, [join]);
}

export function stackedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [first] = inputs;
  invariant(first !== undefined, "stack needs an input");
  const axes = unionAxes(inputs.map((input) => input.axes));
  return { element: first.element, axes: [axisOf(attrs, "axis"), ...axes] };
}
