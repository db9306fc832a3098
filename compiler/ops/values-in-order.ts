import type { Value } from "../ir/graph/graph.ts";

/**
 * All that `roots` need, and these, in order of making, which puts inputs before what reads them.
 * `inputsOf` may leave out what is of no interest.
 */
export function valuesInOrder(
  roots: readonly Value[],
  inputsOf: (value: Value) => readonly Value[] = ({ inputs }) => inputs,
): readonly Value[] {
  const seen = new Set<Value>(roots);
  const open = [...seen];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const input of inputsOf(value)) {
      if (seen.has(input)) continue;
      seen.add(input);
      open.push(input);
    }
  }
  // Numbers sort without a comparison in our code, of which whole models would take a hundred thousand.
  const byId = new Map<number, Value>();
  for (const value of seen) byId.set(value.id, value);
  return Array.from(Float64Array.from(byId.keys()).sort(), (id) => byId.get(id) as Value);
}
