/** A place in a chart. */
export type Point = readonly [x: number, y: number];

/**
 * The mean of each point and of those around it, a thirtieth of all, over the places of no more than `most` of them. What
 * is not finite counts for nothing.
 */
export function smooth(points: readonly Point[], most: number): readonly Point[] {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const reach = Math.floor(finite.length / 60);
  const sums = [0];
  for (const [, y] of finite) sums.push((sums.at(-1) ?? 0) + y);
  return thinned(finite, most).map(([x]): Point => {
    const at = indexOf(finite, x);
    // At the ends the same reach on both sides, so that a slope stays where it is, but not so few that they jump.
    const own = Math.max(Math.min(reach, at, finite.length - 1 - at), reach >> 2);
    const [from, to] = [Math.max(0, at - own), Math.min(finite.length, at + own + 1)];
    return [x, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)];
  });
}

/** No more than `most` of the points, evenly chosen, with the first and the last. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const last = points.length - 1;
  return Array.from(
    { length: most },
    (_, n) => points[Math.round((n * last) / (most - 1))] ?? [0, 0],
  );
}

/** The number of the point at x; points lie in the order of x. */
function indexOf(points: readonly Point[], x: number): number {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[0] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
