import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { Extent } from "../define-op.ts";
import { elementCount } from "../reference.ts";
import { segmentsOf } from "./movement-types.ts";

/** Where segment number `segment` of a join begins. Segments follow each other without gaps. */
export function segmentStart(join: Axis, segment: number, extent: Extent): number {
  return segmentsOf(join)
    .slice(0, segment)
    .reduce((start, axes) => start + elementCount(axes, extent), 0);
}

/** The position after the last one of the segment. */
export function segmentEnd(join: Axis, segment: number, extent: Extent): number {
  return segmentStart(join, segment, extent) + elementCount(segmentAxes(join, segment), extent);
}

export function segmentAxes(join: Axis, segment: number): readonly Axis[] {
  const axes = segmentsOf(join)[segment];
  if (axes === undefined) throw new InternalError(`${join.name} has no segment ${segment}`);
  return axes;
}
