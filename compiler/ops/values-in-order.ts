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
  return byId([...seen]);
}

/** Whole models have a hundred thousand: each is put at its place, without comparisons, where places are not too far apart. */
function byId(values: Value[]): readonly Value[] {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const { id } of values) {
    if (id < least) least = id;
    if (id > most) most = id;
  }
  if (most - least > mostApart * values.length) return values.sort((a, b) => a.id - b.id);
  const places: Value[] = [];
  places.length = Math.max(0, most - least + 1);
  for (const value of values) places[value.id - least] = value;
  // Places that nothing has are passed over.
  return places.filter(() => true);
}

const mostApart = 16;
