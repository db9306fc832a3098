import type { Value } from "../ir/graph/graph.ts";

/** All values that `values` need, and these, each after its inputs. Deep graphs do not recur. */
export function sortValues(values: readonly Value[]): readonly Value[] {
  const done = new Set<Value>();
  const waiting = values.toReversed();
  for (let value = waiting.at(-1); value !== undefined; value = waiting.at(-1)) {
    const missing = done.has(value) ? [] : value.inputs.filter((input) => !done.has(input));
    if (missing.length > 0) {
      waiting.push(...missing.toReversed());
    } else {
      done.add(value);
      waiting.pop();
    }
  }
  return [...done];
}
