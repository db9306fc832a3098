import { graphResults, reachedFrom } from "../ir/graph/graph-results.ts";
import type { GraphPass } from "./pass.ts";

/** Parameters and states that no result needs have no storage. Inputs stay: they are the signature of the mode. */
export const prune: GraphPass = {
  name: "prune",
  summary: "drop parameters and states that no result needs",
  run: (graph) => {
    const needed = reachedFrom(graphResults(graph));
    return {
      ...graph,
      parameters: graph.parameters.filter(({ value }) => needed.has(value)),
      states: graph.states.filter(({ value, next }) => next !== value || needed.has(value)),
    };
  },
};
