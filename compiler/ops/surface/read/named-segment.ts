import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { BraceItem } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { plainAxis } from "./made-axes.ts";

/** `Tok: Patch` in braces: which part of the join is meant. */
interface NamedSegment {
  readonly axis: Axis;
  readonly axes: readonly Axis[];
  /** Its number; `all` where an axis is taken as a join of itself. */
  readonly number:
    | number
    | "all"
    /** Only an instance can tell: a formal axis has no segments yet. */
    | "unknown";
}

/** Resolves the only item of the braces, which has axes after its colon. `undefined` after a report. */
export function namedSegment(call: CheckedCall): NamedSegment | undefined {
  const [item] = call.items;
  if (item?.kind !== "axes" || item.at?.kind !== "axes") return undefined;
  const { axes, text, span } = item.at;
  if (isSameList(item.axes, axes)) return wholeAxis(call, item);
  const axis = plainAxis(call, item.axes, item);
  if (axis === undefined) return undefined;
  const { sink, isPartial } = call.context;
  if (axis.segments === undefined) {
    if (isPartial) return { axis, axes, number: "unknown" };
    sink.report("not-a-join", item.span, { axis: item.text, where: quote(call.name) });
    return undefined;
  }
  const number = axis.segments.findIndex((segment) => isSameList(segment, axes));
  if (number >= 0) return { axis, axes, number };
  const segments = axis.segments.map(nameOfAxes);
  const related = axis.span === undefined ? [] : [{ span: axis.span, text: "its segments" }];
  sink.report("not-a-segment", span, { segment: text, join: item.text, segments }, { related });
  return undefined;
}

/** `Row`, or `(Row, Col)` for a product. */
export function nameOfAxes(axes: readonly Axis[]): string {
  const names = axes.map((axis) => axis.name).join(", ");
  return axes.length === 1 ? names : `(${names})`;
}

function wholeAxis(
  call: CheckedCall,
  item: Extract<BraceItem, { kind: "axes" }>,
): NamedSegment | undefined {
  const axis = plainAxis(call, item.axes, item);
  return axis && { axis, axes: [axis], number: "all" };
}

function isSameList(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, n) => axis === b[n]);
}
