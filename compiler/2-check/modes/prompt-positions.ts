import type { Graph, Value } from "../../ir/graph/graph.ts";
import { reachedFrom } from "../../ir/graph/graph-results.ts";
import type { Extent, ReferenceTensor } from "../../ops/define-op.ts";
import { interpretGraph } from "../../ops/interpret-graph.ts";

/**
 * How many positions a prompt takes that fills its axis: its tokens, and the queries that stand before
 * them. Undefined where the length depends on more than on which ids are padding (0), as when decoding.
 */
export function promptPositions(graph: Graph, extent: Extent): number | undefined {
  const length = graph.outputs.find(({ name }) => name === "length")?.value;
  if (length === undefined) return undefined;
  const inputs = new Set<Value>(graph.inputs.map(({ value }) => value));
  const feeds = new Map<Value, ReferenceTensor>();
  for (const value of reachedFrom([length])) {
    if (["parameter", "state", "immediate"].includes(value.op)) return undefined;
    if (!inputs.has(value)) continue;
    if (value.type.element !== "i32") return undefined;
    const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
    feeds.set(value, { type: value.type, data: new Float64Array(count).fill(1) });
  }
  const found = interpretGraph([length], feeds, extent).get(length);
  return found && Math.max(0, ...found.data);
}
