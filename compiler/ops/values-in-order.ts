import type { Value } from "../ir/graph.ts";

/** All that `roots` need, and these, in order of making, which puts inputs before what reads them. */
export function valuesInOrder(roots: readonly Value[]): readonly Value[] {
  const seen = new Set<Value>(roots);
  const open = [...seen];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const input of value.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      open.push(input);
    }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
