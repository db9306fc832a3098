import { quote } from "../diagnostics/phrase.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { Axis, Graph, GraphInput, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { axesOf, axisOf } from "../ops/build/type-rules.ts";
import type { Extent } from "../ops/define-op.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { Span } from "../source/source-file.ts";

/** Where their results have elements, these need one of each axis that they take away. */
const needy: Readonly<Record<string, (value: Value) => readonly Axis[]>> = {
  max: ({ attrs }) => axesOf(attrs, "axes"),
  min: ({ attrs }) => axesOf(attrs, "axes"),
  mean: ({ attrs }) => axesOf(attrs, "axes"),
  argmax: ({ attrs }) => [axisOf(attrs, "axis")],
};

/**
 * Reductions that have no value over no elements, where an axis got the size 0 from a file or the command
 * line. Written sizes are found by the check.
 */
export function reportEmpty(graph: Graph, extent: Extent, sink: DiagnosticSink): void {
  const isEmpty = (axis: Axis): boolean => extent(axis) === 0;
  const hasElements = ({ type }: Value): boolean => !type.axes.some(isEmpty);
  // What has no elements asks for none: the softmax of nothing is nothing, and needs no maximum.
  const needed = valuesInOrder(graphResults(graph).filter(hasElements), (value) =>
    value.inputs.filter(hasElements),
  );
  const told = new Set<Span>();
  for (const value of needed) {
    const axis = needy[value.op]?.(value).find(isEmpty);
    const span = spanOf(value);
    if (axis === undefined || span === undefined || told.has(span)) continue;
    told.add(span);
    const from = graph.inputs.find((input) => input.value.type.axes.some((own) => isOf(own, axis)));
    sink.report(
      "empty-axis",
      span,
      { axis: axis.name, where: quote(value.op) },
      { related: from === undefined ? [] : [{ span: from.span, text: sourceOf(axis, from) }] },
    );
  }
}

function sourceOf(axis: Axis, { name }: GraphInput): string {
  return `${quote(axis.name)} is an axis of the input ${quote(name)}, which has size 0 there`;
}

/** The axis itself, or one that has its size: a renamed one. */
function isOf(own: Axis, axis: Axis): boolean {
  return own === axis || own.size === axis.size;
}

function spanOf({ origin }: Value): Span | undefined {
  return origin.kind === "source" ? origin.span : spanOf(origin.from);
}
