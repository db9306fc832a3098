import { graphResults, isUpdated, reachedFrom } from "../ir/graph/graph-results.ts";
import type { GraphPass } from "./pass.ts";

/** What is stored and no result needs has no tensor. Inputs stay: they are the signature of the mode. */
export const prune: GraphPass = {
  name: "prune",
  summary: "drop parameters and states that no result needs",
  run: (graph) => {
    const needed = reachedFrom(graphResults(graph));
    return {
      ...graph,
      stored: graph.stored.filter((one) => isUpdated(one) || needed.has(one.value)),
    };
  },
};
