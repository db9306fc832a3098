/** Work of the device that lay between two moments of the CPU's clock. */
export interface ClockBracket {
  readonly cpuStartMs: number;
  readonly cpuEndMs: number;
  /** The device's first and last stamp of this work. */
  readonly deviceStartNs: bigint;
  readonly deviceEndNs: bigint;
}

interface ClockRelation {
  /** A stamp of the device on the clock of `performance.now()`. */
  readonly toCpuMs: (stampNs: bigint) => number;
  /** How far it may be off, either way. */
  readonly uncertaintyMs: number;
}

/**
 * Puts the device's clock onto the CPU's. Each bracket says that the work began after its start and ended
 * before its end, which bounds the difference of the clocks from both sides; what all brackets allow is
 * narrow, for some of them are answered at once. The first bracket counts most: where the clocks drift
 * or are too coarse to agree, it is the one that stays true.
 */
export function relateClocks(brackets: readonly [ClockBracket, ...ClockBracket[]]): ClockRelation {
  const [main] = brackets;
  const zeroNs = main.deviceStartNs;
  const sinceZeroMs = (stampNs: bigint) => Number(stampNs - zeroNs) / 1e6;
  const own = boundsOf(main, sinceZeroMs);
  let { low, high } = own;
  for (const bracket of brackets) {
    const bounds = boundsOf(bracket, sinceZeroMs);
    low = Math.max(low, bounds.low);
    high = Math.min(high, bounds.high);
  }
  const [least, most] = [Math.min(own.low, own.high), Math.max(own.low, own.high)];
  const offset = Math.min(most, Math.max(least, (low + high) / 2));
  return {
    toCpuMs: (stampNs) => sinceZeroMs(stampNs) + offset,
    uncertaintyMs: Math.abs(high - low) / 2,
  };
}

/** Between which numbers the device's zero must lie on the CPU's clock. */
function boundsOf(
  bracket: ClockBracket,
  sinceZeroMs: (stampNs: bigint) => number,
): { low: number; high: number } {
  return {
    low: bracket.cpuStartMs - sinceZeroMs(bracket.deviceStartNs),
    high: bracket.cpuEndMs - sinceZeroMs(bracket.deviceEndNs),
  };
}
