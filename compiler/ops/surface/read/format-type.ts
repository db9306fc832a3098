import type { Axis, TensorType } from "../../../ir/graph/graph.ts";
import type { SurfaceContext } from "../surface.ts";

/** Says what an axis is called where the call stands. */
type Naming = Pick<SurfaceContext, "nameOf">;

/** A type as it would be written: `[B, N, D]`, `f32[B]`. */
export function formatType(naming: Naming, type: TensorType): string {
  const element = type.element === "real" ? "" : type.element;
  return `${element}${formatAxes(naming, type.axes)}`;
}

export function formatAxes({ nameOf }: Naming, axes: readonly Axis[]): string {
  return `[${axes.map(nameOf).join(", ")}]`;
}
