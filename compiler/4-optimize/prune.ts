import type { Graph, Value } from "../ir/graph.ts";
import type { Pass } from "./pass.ts";

/** Parameters that no output needs have no storage. Inputs stay: they are the signature of the mode. */
export const prune: Pass = {
  name: "prune",
  summary: "drop parameters that no output needs",
  run: (graph) => {
    const needed = reachedFrom(graph);
    return { ...graph, parameters: graph.parameters.filter(({ value }) => needed.has(value)) };
  },
};

function reachedFrom(graph: Graph): ReadonlySet<Value> {
  const seen = new Set<Value>(graph.outputs.map((output) => output.value));
  for (const value of seen) for (const input of value.inputs) seen.add(input);
  return seen;
}
