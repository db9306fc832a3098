import { invariant } from "../diagnostics/internal-error.ts";
import type { Attrs, Axis, ElementType, TensorType } from "../ir/graph/graph.ts";
import { isFloat } from "./build/type-rules.ts";
import type { Extent, ReferenceTensor } from "./define-op.ts";

/** Where an element is: its position along each axis. */
type Position = (axis: Axis) => number;

/**
 * Makes a tensor of `type` by asking for each element in row-major order. The references of the
 * operations are written on this and on `elementsOf`, so that they say no more than what an element is.
 */
export function tensorOf(
  type: TensorType,
  extent: Extent,
  element: (at: Position) => number,
): ReferenceTensor {
  const data = new Float64Array(elementCount(type.axes, extent));
  const places = new Map(type.axes.map((axis, n) => [axis, n]));
  const current = type.axes.map(() => 0);
  const at: Position = (axis) => {
    const place = places.get(axis);
    invariant(place !== undefined, `there is no axis ${axis.name} here`);
    return current[place] ?? 0;
  };
  const extents = type.axes.map((axis) => extent(axis));
  for (let n = 0; n < data.length; n++) {
    data[n] = element(at);
    step(current, extents);
  }
  return { type, data };
}

/** Calls `visit` for every position of `axes`, the last one fastest. */
export function forEachPosition(
  axes: readonly Axis[],
  extent: Extent,
  visit: (at: Position) => void,
): void {
  tensorOf({ element: "f32", axes }, extent, (at) => {
    visit(at);
    return 0;
  });
}

/** Reads elements of `tensor` by position; positions along axes that it lacks do not matter. */
export function elementsOf(tensor: ReferenceTensor, extent: Extent): (at: Position) => number {
  const axes = tensor.type.axes;
  const extents = axes.map((axis) => extent(axis));
  return (at) => {
    let offset = 0;
    for (let n = 0; n < axes.length; n++) {
      offset = offset * (extents[n] ?? 0) + at(axes[n] as Axis);
    }
    const value = tensor.data[offset];
    invariant(value !== undefined, "an element outside the tensor was asked for");
    return value;
  };
}

/** `at`, but with these positions along these axes. */
export function withPositions(
  at: Position,
  axes: readonly Axis[],
  positions: readonly number[],
): Position {
  return (axis) => positions[axes.indexOf(axis)] ?? at(axis);
}

/** `at`, but for `inner` axes elsewhere: inside a reduction. */
export function nestedPosition(outer: Position, inner: Position, axes: readonly Axis[]): Position {
  return (axis) => (axes.includes(axis) ? inner(axis) : outer(axis));
}

/** The number of a position among all positions of `axes`, row-major. */
export function linearPosition(axes: readonly Axis[], extent: Extent, at: Position): number {
  return axes.reduce((offset, axis) => offset * extent(axis) + at(axis), 0);
}

/** Inverse of `linearPosition`. */
export function spreadPosition(
  axes: readonly Axis[],
  extent: Extent,
  linear: number,
): readonly number[] {
  const positions = axes.map(() => 0);
  let rest = linear;
  for (let n = axes.length - 1; n >= 0; n--) {
    const size = extent(axes[n] as Axis);
    positions[n] = rest % size;
    rest = Math.floor(rest / size);
  }
  return positions;
}

/** The reference of an operation that computes each element from the inputs' elements at its place. */
export function pointwise(
  compute: (...values: number[]) => number,
): (
  inputs: readonly ReferenceTensor[],
  attrs: Attrs,
  type: TensorType,
  extent: Extent,
) => ReferenceTensor {
  return (inputs, _attrs, type, extent) => {
    const reads = inputs.map((input) => elementsOf(input, extent));
    return tensorOf(type, extent, (at) => compute(...reads.map((read) => read(at))));
  };
}

/** The reference of an operation that moves elements: where each comes from; nowhere is 0. */
export function moved(
  source: (at: Position, attrs: Attrs, extent: Extent) => Position | undefined,
): (
  inputs: readonly ReferenceTensor[],
  attrs: Attrs,
  type: TensorType,
  extent: Extent,
) => ReferenceTensor {
  return (inputs, attrs, type, extent) => {
    const read = elementsOf(tensorAt(inputs, 0), extent);
    return tensorOf(type, extent, (at) => {
      const from = source(at, attrs, extent);
      return from === undefined ? 0 : read(from);
    });
  };
}

export function tensorAt(inputs: readonly ReferenceTensor[], n: number): ReferenceTensor {
  const tensor = inputs[n];
  invariant(tensor !== undefined, `input ${n} is missing`);
  return tensor;
}

/** The least finite number that a type holds; `real` counts as f32 until a policy says otherwise. */
export function lowestOf(element: ElementType): number {
  switch (element) {
    case "f16":
      return -65504;
    case "bf16":
      return -3.3895313892515355e38;
    case "i32":
      return -2147483648;
    case "u32":
    case "bool":
      return 0;
    default:
      invariant(isFloat(element), "an element type without a lowest number");
      return -3.4028234663852886e38;
  }
}

export function elementCount(axes: readonly Axis[], extent: Extent): number {
  return axes.reduce((count, axis) => count * extent(axis), 1);
}

function step(current: number[], extents: readonly number[]): void {
  for (let n = current.length - 1; n >= 0; n--) {
    current[n] = (current[n] ?? 0) + 1;
    if ((current[n] ?? 0) < (extents[n] ?? 0)) return;
    current[n] = 0;
  }
}
