import { tQuantile } from "./student-t.ts";

/** Both ends belong to it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Numbers of one cell, or of one difference, over its seeds. */
export interface Summary {
  /** Values that are numbers. */
  readonly n: number;
  /** Undefined without a value. */
  readonly mean: number | undefined;
  /** Of the sample, by n - 1; undefined below two values. */
  readonly deviation: number | undefined;
  /** 95 % by Student's t, undefined below two values. Of two it says little: t is 12.7. */
  readonly interval: Interval | undefined;
}

/** What is not finite counts for nothing: whoever asks says what it is left out for. */
export function summarize(values: readonly number[]): Summary {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  if (n === 0) return { n, mean: undefined, deviation: undefined, interval: undefined };
  const mean = meanOf(finite);
  if (n === 1) return { n, mean, deviation: undefined, interval: undefined };
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (n - 1));
  const reach = (tQuantile(confidence, n - 1) * deviation) / Math.sqrt(n);
  return { n, mean, deviation, interval: { low: mean - reach, high: mean + reach } };
}

/** In two goes, so that equal values have themselves as their mean. */
export function meanOf(values: readonly number[]): number {
  const first = values.reduce((sum, value) => sum + value, 0) / values.length;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

const confidence = 0.95;
