import type { Graph, GraphInput, Value } from "../../ir/graph/graph.ts";
import { reachedFrom } from "../../ir/graph/graph-results.ts";
import type { Extent, ReferenceTensor } from "../../ops/define-op.ts";
import { interpretGraph } from "../../ops/interpret-graph.ts";

/**
 * How many positions a prompt takes that fills its axis: its tokens, and the queries that stand before
 * them. Undefined where the length depends on more than on what is padding, as when decoding.
 */
export function promptPositions(graph: Graph, extent: Extent): number | undefined {
  const length = graph.outputs.find(({ name }) => name === "length")?.value;
  if (length === undefined) return undefined;
  const inputs = new Map(graph.inputs.map((input) => [input.value, input] as const));
  const last = ({ value: { type } }: GraphInput) => {
    const axis = type.axes.at(-1);
    return axis === undefined ? 1 : extent(axis);
  };
  const feeds = new Map<Value, ReferenceTensor>();
  for (const value of reachedFrom([length])) {
    if (["parameter", "state", "immediate"].includes(value.op)) return undefined;
    const input = inputs.get(value);
    if (input === undefined) continue;
    if (value.type.element !== "i32") return undefined;
    // Rows of full length, or ids of which none is padding.
    const rows = graph.inputs.find(({ name }) => name === input.reader?.args.of);
    const each = input.reader?.name === "length" && rows !== undefined ? last(rows) : 1;
    const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
    feeds.set(value, { type: value.type, data: new Float64Array(count).fill(each) });
  }
  const found = interpretGraph([length], feeds, extent).get(length);
  return found && Math.max(0, ...found.data);
}
