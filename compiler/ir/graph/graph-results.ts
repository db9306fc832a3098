import type { Graph, GraphOutput, GraphStored, Value } from "./graph.ts";

/** What a call leaves behind: its outputs, and what it stores. */
export function graphResults({
  outputs,
  stored,
}: {
  readonly outputs: readonly Pick<GraphOutput, "value">[];
  readonly stored: readonly Pick<GraphStored, "value" | "next">[];
}): readonly Value[] {
  const updated = stored.filter(isUpdated);
  return [...outputs.map(({ value }) => value), ...updated.map(({ next }) => next)];
}

/** Does the call store to it? */
export function isUpdated({ value, next }: Pick<GraphStored, "value" | "next">): boolean {
  return next !== value;
}

/** What the call stores to, by path. */
export function pathsOfUpdated({ stored }: Pick<Graph, "stored">): readonly string[] {
  return stored.filter(isUpdated).map(({ path }) => path);
}

/** Everything that the results depend on, and they themselves. */
export function reachedFrom(results: readonly Value[]): ReadonlySet<Value> {
  const seen = new Set<Value>(results);
  for (const value of seen) for (const input of value.inputs) seen.add(input);
  return seen;
}
