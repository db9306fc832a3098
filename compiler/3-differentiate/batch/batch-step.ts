import type { Graph, GraphInput } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { graphResults, reachedFrom } from "../../ir/graph/graph-results.ts";
import type { Pass } from "../../ir/pass.ts";
import type { Differentiated } from "../differentiate.ts";

/** One of the programs that a batch is computed with, one after the other. */
export interface BatchStep {
  readonly name: string;
  /** Whether it runs once for each piece, or once for the batch: what the axis of samples is. */
  readonly per: "piece" | "batch";
  readonly graph: Graph;
  /** What of it is differentiated. */
  readonly gradients?: Differentiated;
  /** What is put behind that. */
  readonly update?: Pass<Graph, { readonly build: GraphBuilder }>;
  /** Paths of what `update` stores to. */
  readonly writes?: readonly string[];
}

/** With the inputs and what is stored of `from` that the results need. */
export function withReached(graph: Graph, from: Graph): Graph {
  const own = new Set(graph.stored.map(({ value }) => value));
  const reached = reachedFrom(graphResults(graph));
  const stored = from.stored.flatMap((one) =>
    reached.has(one.value) && !own.has(one.value) ? [{ ...one, next: one.value }] : [],
  );
  const isReached = ({ value }: GraphInput): boolean => reached.has(value);
  // What is counted in another input needs this one.
  const counted = new Set(from.inputs.filter(isReached).map(({ reader }) => reader?.args.of));
  const inputs = from.inputs.filter((one) => isReached(one) || counted.has(one.name));
  return { ...graph, inputs, stored: [...stored, ...graph.stored] };
}
