/**
 * Does the same with several items at once, and gives the results in the order of the items. No more items are taken
 * than are worked on.
 */
export async function* mapInOrder<From, To>(
  items: Iterable<From> | AsyncIterable<From>,
  work: (item: From) => Promise<To>,
  width = 4,
): AsyncGenerator<To> {
  const running: Promise<To>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It is awaited in its turn; until then nobody listens, which Node would take for a mistake.
    result.catch(() => undefined);
    running.push(result);
    const first = running.length < width ? undefined : running.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of running) yield await result;
}
