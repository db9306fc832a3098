import type { Axis, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { constant } from "../ops/build/build.ts";
import { expand, reorder } from "../ops/build/build-movement.ts";
import { axesOf } from "../ops/build/type-rules.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { GraphPass } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/**
 * What has no elements is as good as any other tensor without elements: zeros in the shape of it. A sum over
 * nothing is 0, a product 1. So an axis of size 0, a batch of nothing, reaches no engine.
 */
export const fillEmpty: GraphPass = {
  name: "fill-empty",
  summary: "write numbers for what an axis of size 0 leaves nothing of",
  run: (graph, context) => {
    const { build, ops, extent } = context;
    const isNothing = (axes: readonly Axis[]): boolean => axes.some((axis) => extent(axis) === 0);
    const isFilled = (value: Value): boolean => {
      if (ops.get(value.op)?.lowering.kind === "storage") return false;
      const isStarted = value.op === "sum" || value.op === "product";
      return (isStarted && isNothing(axesOf(value.attrs, "axes"))) || isNothing(value.type.axes);
    };
    // Nearly every graph has elements everywhere, and is left alone.
    if (!valuesInOrder(graphResults(graph)).some(isFilled)) return graph;
    return rewriteGraph(graph, "fill-empty", context, (value) => {
      if (!isFilled(value)) return value;
      const { element, axes } = value.type;
      const origin = derivedBy("fill-empty", value);
      const start = constant(build, value.op === "product" ? 1 : 0, element, origin);
      return reorder(build, expand(build, start, axes, origin), axes, origin);
    });
  },
};
