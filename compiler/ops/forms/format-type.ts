import type { Axis, TensorType } from "../../ir/graph.ts";

/** A type as it would be written: `[B, N, D]`, `f32[B]`. */
export function formatType(type: TensorType): string {
  const element = type.element === "real" ? "" : type.element;
  return `${element}${formatAxes(type.axes)}`;
}

export function formatAxes(axes: readonly Axis[]): string {
  return `[${axes.map((axis) => axis.name).join(", ")}]`;
}
