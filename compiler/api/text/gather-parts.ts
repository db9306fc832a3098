/**
 * Paths that differ in the numbers of list elements become one: `layers[0].norm` and `layers[1].norm` are
 * `layers[0..2].norm`. In the order in which they first occur.
 */
export function gatherParts(paths: readonly string[]): readonly string[] {
  return [...groupByPart(paths, (path) => path).keys()];
}

/** Items by their paths, gathered as `gatherParts` does. */
export function groupByPart<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, { readonly items: T[]; readonly numbers: number[][] }>();
  for (const item of items) {
    const path = pathOf(item);
    const pattern = path.replace(elementNumber, "[]");
    const group = groups.get(pattern) ?? { items: [], numbers: [] };
    groups.set(pattern, group);
    group.items.push(item);
    group.numbers.push([...path.matchAll(elementNumber)].map(([, digits]) => Number(digits)));
  }
  return new Map(
    [...groups].map(([pattern, { items: own, numbers }]) => {
      let place = 0;
      const gathered = pattern.replaceAll("[]", () => {
        const text = `[${ranges(numbers.map((list) => list[place] ?? 0))}]`;
        place += 1;
        return text;
      });
      return [gathered, own];
    }),
  );
}

const elementNumber = /\[(\d+)\]/g;

/** `0..3, 5`: the end of a range is not in it, as in Weft. */
function ranges(numbers: readonly number[]): string {
  const runs: { first: number; end: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.end === number) last.end++;
    else runs.push({ first: number, end: number + 1 });
  }
  return runs
    .map(({ first, end }) => (end === first + 1 ? `${first}` : `${first}..${end}`))
    .join(", ");
}
