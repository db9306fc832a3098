/** Numbers beside the marks of an axis: `1.5k`, `20M`, and small ones as they are. */
export const shortNumbers = {
  format: "~s",
} as const;

/** Of a metric: no letters for thousandths, which nobody reads as such. */
export const plainNumbers = { format: "~g" } as const;

/** Whether an axis over these numbers is drawn by their logarithms: where all are above 0 and lie far apart. */
export function wantsLogarithm(values: readonly number[], span: number): boolean {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return false;
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  return least > 0 && most / least >= span;
}

/** From the least to the most with a little room, so that no mark stands on the frame. */
export function domainOf(values: readonly number[], isLog: boolean): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  if (isLog) {
    const room = Math.max(1.05, (most / least) ** 0.06);
    return [least / room, most * room];
  }
  const room = most === least ? Math.max(Math.abs(most) * 0.1, 1e-9) : (most - least) * 0.06;
  return [least - room, most + room];
}
