/**
 * The error function to the accuracy of float64: series where they converge fast, the
 * continued fraction of erfc (Abramowitz and Stegun 7.1.14) elsewhere. Slow and obvious.
 */
export function erfReference(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  return Math.sign(x) * (size < 3 ? erfSeries(size) : 1 - erfcFraction(size));
}

/** The inverse of `erfReference` by Newton's method; infinite at -1 and 1. */
export function erfInvReference(y: number): number {
  const size = Math.abs(y);
  if (Number.isNaN(y) || size > 1) return Number.NaN;
  if (size === 1) return y * Number.POSITIVE_INFINITY;
  // Winitzki's approximation is near enough for Newton to converge to the last bit.
  const a = 0.147;
  const log = Math.log1p(-size * size);
  const half = 2 / (Math.PI * a) + log / 2;
  let x = Math.sqrt(Math.sqrt(half * half - log / a) - half);
  for (let round = 0; round < 6; round++) {
    const distance = size < 0.9 ? erfReference(x) - size : 1 - size - erfcReference(x);
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    x -= distance / slope / (1 + (x * distance) / slope);
  }
  return Math.sign(y) * x;
}

function erfcReference(x: number): number {
  return x < 3 ? 1 - erfSeries(x) : erfcFraction(x);
}

/** Taylor's series loses digits to its alternating signs beyond 1; from there A&S 7.1.6, all of one sign. */
function erfSeries(x: number): number {
  const alternates = x <= 1;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
    term *= alternates ? (-x * x) / n : (2 * x * x) / (2 * n + 1);
    sum += alternates ? term / (2 * n + 1) : term;
  }
  return (2 / Math.sqrt(Math.PI)) * (alternates ? 1 : Math.exp(-x * x)) * sum;
}

function erfcFraction(x: number): number {
  if (x > 27) return 0;
  let denominator = x;
  for (let n = 80; n >= 1; n--) denominator = x + n / 2 / denominator;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
}
