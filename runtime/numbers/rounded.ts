/**
 * Exponentials, logarithms and powers that are computed with twice the digits of float64 and rounded once at the end:
 * what a good C library returns, to the last bit. For scores that are compared with those of other programs.
 */

/** An unevaluated sum of two float64 numbers, the second below the last bit of the first. */
type Double = readonly [high: number, low: number];

// ln 2 in three pieces; a product of the first with an exponent is exact.
const ln2High = 0.6931471803691238;
const ln2: Double = [1.9082149292705877e-10, 1.1612227229362532e-26];

const splitter = 134217729; // 2^27 + 1

function sum(a: number, b: number): Double {
  const high = a + b;
  const part = high - a;
  return [high, a - (high - part) + (b - part)];
}

function product(a: number, b: number): Double {
  const high = a * b;
  const [ca, cb] = [splitter * a, splitter * b];
  const [ah, bh] = [ca - (ca - a), cb - (cb - b)];
  const [al, bl] = [a - ah, b - bh];
  return [high, al * bl - (high - ah * bh - al * bh - ah * bl)];
}

function plus(a: Double, b: Double): Double {
  const [high, low] = sum(a[0], b[0]);
  return sum(high, low + a[1] + b[1]);
}

function times(a: Double, b: Double): Double {
  const [high, low] = product(a[0], b[0]);
  return sum(high, low + a[0] * b[1] + a[1] * b[0]);
}

function over(a: Double, divisor: number): Double {
  const high = a[0] / divisor;
  const [back, backLow] = product(high, divisor);
  return sum(high, (a[0] - back - backLow + a[1]) / divisor);
}

const halvings = 8;
const terms = 9;

/** e ^ x for ordinary results. */
function expDouble(x: Double): Double {
  const exponent = Math.round(x[0] / Math.LN2);
  const whole: Double = [-exponent * ln2High, 0];
  const rest = plus(plus(x, whole), times([-exponent, 0], ln2));
  const small: Double = [rest[0] / 2 ** halvings, rest[1] / 2 ** halvings];
  let value: Double = [1, 0];
  for (let n = terms; n > 0; n--) value = plus([1, 0], times(over(small, n), value));
  for (let n = 0; n < halvings; n++) value = times(value, value);
  const half = Math.trunc(exponent / 2);
  const scaled = (part: number): number => part * 2 ** half * 2 ** (exponent - half);
  return [scaled(value[0]), scaled(value[1])];
}

/** One step of Newton's method from the logarithm that the machine has. */
function logDouble(x: number): Double {
  const guess = Math.log(x);
  const rest = plus(times([x, 0], expDouble([-guess, 0])), [-1, 0]);
  return plus([guess, 0], plus(rest, [-(rest[0] ** 2) / 2, 0]));
}

const smallest = 2.2250738585072014e-308;

function isOrdinary(value: number): boolean {
  return value >= smallest && value < Number.POSITIVE_INFINITY;
}

/** e ^ x. */
export function roundedExp(x: number): number {
  const rough = Math.exp(x);
  if (!isOrdinary(rough)) return rough;
  const [high, low] = expDouble([x, 0]);
  return high + low;
}

/** The natural logarithm. */
export function roundedLog(x: number): number {
  if (!isOrdinary(x) || x === 1) return Math.log(x);
  const [high, low] = logDouble(x);
  return high + low;
}

/** A power of a positive base. */
export function roundedPow(base: number, exponent: number): number {
  const rough = base ** exponent;
  if (!isOrdinary(base) || !isOrdinary(rough) || base === 1 || exponent === 1) return rough;
  const [high, low] = expDouble(times(logDouble(base), [exponent, 0]));
  return high + low;
}
