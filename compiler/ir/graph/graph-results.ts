import type { Graph, Value } from "./graph.ts";

/** What a call leaves behind: its outputs, and the states that it stores to. */
export function graphResults({
  outputs,
  states,
}: Pick<Graph, "outputs" | "states">): readonly Value[] {
  const stored = states.filter(({ value, next }) => next !== value);
  return [...outputs.map(({ value }) => value), ...stored.map(({ next }) => next)];
}

/** Everything that the results depend on, and they themselves. */
export function reachedFrom(results: readonly Value[]): ReadonlySet<Value> {
  const seen = new Set<Value>(results);
  for (const value of seen) for (const input of value.inputs) seen.add(input);
  return seen;
}
