import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";

/** Values that depend on `from` and on which `to` depends, and `to`, in order. */
export function valuesBetween(facts: GraphFacts, from: Value, to: Value): readonly Value[] {
  const found = new Set<Value>();
  const open = [from];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value === to) continue;
    for (const reader of facts.readersOf(value)) {
      if (found.has(reader)) continue;
      found.add(reader);
      open.push(reader);
    }
  }
  return [...found].sort((a, b) => a.id - b.id);
}
