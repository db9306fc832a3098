import type { PassStamps } from "../device/pass-timer.ts";

/**
 * The step of the device's clock in nanoseconds: the largest number of which all differences are
 * multiples. 0 where the stamps do not tell, for all of them are the same.
 *
 * Note [Coarse clocks]: a device's clock may tick rarely, and an implementation of WebGPU may round it on
 * purpose (Chrome to 100 us, against eavesdropping). A dispatch within one tick then takes 0 or one whole
 * step. Where that happens the mean over runs is still right, for dispatches begin at any place within a
 * tick, while the median is 0.
 */
export function timestampStep(passes: readonly PassStamps[]): number {
  const [first] = passes;
  if (first === undefined) return 0;
  let step = 0n;
  for (const { begin, end } of passes)
    step = greatestDivisor(
      greatestDivisor(step, difference(begin, first.begin)),
      difference(end, first.begin),
    );
  return Number(step);
}

/** Milliseconds of each pass. A clock that is set back between two stamps gives 0, nothing below. */
export function durationMs({ begin, end }: PassStamps): number {
  return end > begin ? Number(end - begin) / 1e6 : 0;
}

/** The median of samples, or their mean where steps of the clock hide it. See Note [Coarse clocks]. */
export function typicalMs(samples: readonly number[], stepNs: number): number {
  const middle = median(samples);
  if (middle >= (fewestSteps * stepNs) / 1e6) return middle;
  return samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, samples.length);
}

/** With fewer steps in a time, one more or less is more than the noise of a run. */
const fewestSteps = 8;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function difference(left: bigint, right: bigint): bigint {
  return left > right ? left - right : right - left;
}

function greatestDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
