/**
 * Elementary functions in float64 from additions, multiplications, divisions and square roots only, which
 * IEEE 754 fixes to the last bit. `Math.exp` and its like may differ between machines and releases;
 * parameters made from a seed must not.
 */
export const elementary = { exp, log, sin, cos, tanh, pow, erf, erf_inv: inverseErf } as const;

const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const word = new DataView(new ArrayBuffer(8));

/** 2^exponent for exponents of ordinary numbers. */
function powerOfTwo(exponent: number): number {
  word.setUint32(0, (exponent + 1023) << 20);
  word.setUint32(4, 0);
  return word.getFloat64(0);
}

function exp(x: number): number {
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

function log(x: number): number {
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

const halfPiParts = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

/** The quarter turn and the rest of an angle, for angles of ordinary size. */
function reduceAngle(x: number): { quarter: number; rest: number } {
  const turns = Math.round(x / (Math.PI / 2));
  const rest = x - turns * halfPiParts[0] - turns * halfPiParts[1] - turns * halfPiParts[2];
  return { quarter: ((turns % 4) + 4) % 4, rest };
}

function sinNear(x: number): number {
  const square = x * x;
  let sum = 1;
  for (let n = 20; n >= 2; n -= 2) sum = 1 - (square / (n * (n + 1))) * sum;
  return x * sum;
}

function cosNear(x: number): number {
  const square = x * x;
  let sum = 1;
  for (let n = 19; n >= 1; n -= 2) sum = 1 - (square / (n * (n + 1))) * sum;
  return sum;
}

function sin(x: number): number {
  const { quarter, rest } = reduceAngle(x);
  if (quarter === 0) return sinNear(rest);
  if (quarter === 1) return cosNear(rest);
  return quarter === 2 ? -sinNear(rest) : -cosNear(rest);
}

function cos(x: number): number {
  const { quarter, rest } = reduceAngle(x);
  if (quarter === 0) return cosNear(rest);
  if (quarter === 1) return -sinNear(rest);
  return quarter === 2 ? -cosNear(rest) : sinNear(rest);
}

function tanh(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 22) return Math.sign(x);
  if (size < 1e-4) return x - (x * x * x) / 3;
  const grown = exp(2 * size);
  return Math.sign(x) * ((grown - 1) / (grown + 1));
}

function pow(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 64) {
    let product = 1;
    for (let n = 0; n < Math.abs(exponent); n++) product *= base;
    return exponent < 0 ? 1 / product : product;
  }
  if (base === 0) return exponent > 0 ? 0 : Number.POSITIVE_INFINITY;
  return exp(exponent * log(base));
}

/** Taylor's series where it converges fast, the continued fraction of the complement elsewhere. */
function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 60; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let n = 80; n > 0; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - exp(-size * size) / Math.sqrt(Math.PI) / fraction);
}

/** Through the normal distribution's quantiles: Wichura's algorithm AS 241 (Applied Statistics 37, 1988). */
function inverseErf(y: number): number {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  const q = y / 2;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * ratio(centre, r)) / Math.SQRT2;
  }
  const r = Math.sqrt(-log((1 - size) / 2));
  const quantile = r <= 5 ? ratio(shoulder, r - 1.6) : ratio(tail, r - 5);
  return (Math.sign(y) * quantile) / Math.SQRT2;
}

interface Ratio {
  readonly above: readonly number[];
  readonly below: readonly number[];
}

function ratio({ above, below }: Ratio, r: number): number {
  let numerator = 0;
  let denominator = 0;
  for (let n = 0; n < 8; n++) {
    numerator = numerator * r + (above[n] as number);
    denominator = denominator * r + (below[n] as number);
  }
  return numerator / denominator;
}

const centre: Ratio = {
  above: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  below: [
    5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
};
const shoulder: Ratio = {
  above: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
    3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  below: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
  ],
};
const tail: Ratio = {
  above: [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  below: [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
};
