/**
 * Exponentials and logarithms in float64 from additions, multiplications, divisions and square roots only, which
 * IEEE 754 fixes to the last bit. `Math.exp` and its like may differ between machines and releases;
 * parameters made from a seed must not.
 */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const word = new DataView(new ArrayBuffer(8));

/** 2^exponent for exponents of ordinary numbers. */
function powerOfTwo(exponent: number): number {
  word.setUint32(0, (exponent + 1023) << 20);
  word.setUint32(4, 0);
  return word.getFloat64(0);
}

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const power = Math.round(x / Math.LN2);
  const rest = x - power * ln2High - power * ln2Low;
  // |rest| < 0.35: the terms behind the 14th are below the last bit.
  let sum = 1;
  for (let n = 14; n > 0; n--) sum = 1 + (rest / n) * sum;
  const half = Math.trunc(power / 2);
  return sum * powerOfTwo(half) * powerOfTwo(power - half);
}

export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isTiny = x < 2.2250738585072014e-308;
  word.setFloat64(0, isTiny ? x * 18014398509481984 : x);
  const high = word.getUint32(0);
  let exponent = (high >>> 20) - 1023 - (isTiny ? 54 : 0);
  word.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = word.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // log m = 2 atanh((m - 1) / (m + 1)), and the argument is below 0.172.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let n = 21; n > 0; n -= 2) sum = sum * square + 1 / n;
  return exponent * ln2High + (2 * ratio * sum + exponent * ln2Low);
}

/** Kahan's way: what the rounding of `1 + x` did to `x` is undone by the quotient. */
export function log1p(x: number): number {
  const sum = 1 + x;
  if (sum === 1 || !(x > -1 && x < Number.POSITIVE_INFINITY)) return sum === 1 ? x : log(sum);
  return log(sum) * (x / (sum - 1));
}

export function expm1(x: number): number {
  const grown = exp(x);
  if (grown === 1) return x;
  if (grown - 1 === -1 || grown === Number.POSITIVE_INFINITY) return grown - 1;
  return (grown - 1) * (x / log(grown));
}

export function tanh(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || x === 0) return x;
  if (size > 22) return Math.sign(x);
  const grown = expm1(2 * size);
  return Math.sign(x) * (grown / (grown + 2));
}

export function sinh(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || x === 0) return x;
  if (size > 22) return Math.sign(x) * halfOfPower(size);
  const grown = expm1(size);
  return Math.sign(x) * ((grown + grown / (grown + 1)) / 2);
}

export function cosh(x: number): number {
  const size = Math.abs(x);
  if (!(size <= 22)) return halfOfPower(size);
  const grown = exp(size);
  return (grown + 1 / grown) / 2;
}

/** e ^ size / 2, finite where e ^ size is not. */
function halfOfPower(size: number): number {
  const root = exp(size / 2);
  return (root / 2) * root;
}

/** As IEEE 754 says it; a negative base has a power where the exponent is whole. */
export function pow(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 64) {
    let product = 1;
    for (let n = 0; n < Math.abs(exponent); n++) product *= base;
    return exponent < 0 ? 1 / product : product;
  }
  const size = Math.abs(base);
  if (size === 1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  if (base === 1) return 1;
  if (Number.isNaN(exponent)) return exponent;
  const isNegative = base < 0 || Object.is(base, -0);
  if (isNegative && Number.isInteger(exponent) && Math.abs(exponent % 2) === 1) {
    return -exp(exponent * log(size));
  }
  const isReal = !(base < 0) || !Number.isFinite(base) || !Number.isFinite(exponent);
  return isReal || Number.isInteger(exponent) ? exp(exponent * log(size)) : Number.NaN;
}
