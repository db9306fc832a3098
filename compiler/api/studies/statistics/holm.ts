/** Below it a p is taken for a difference. */
export const level = 0.05;

/**
 * Holm's correction (1979) of the p of several comparisons, in their order: the chance that one of them is told where there
 * is nothing stays below the level.
 */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((p, at) => ({ p, at })).toSorted((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  order.forEach(({ p, at }, rank) => {
    most = Math.max(most, Math.min(1, (ps.length - rank) * p));
    adjusted[at] = most;
  });
  return adjusted;
}
