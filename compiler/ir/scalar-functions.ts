import type { ScalarFn, ScalarType } from "./kernel/kernel.ts";
import { uniformBits, uniformFromBits } from "./random.ts";

type Numeric = (...args: number[]) => number;

/**
 * What a scalar function of the kernel form means, in float64; integers are exact. Integer division
 * and remainder round down. `type` is the type of the operands.
 */
export function scalarFunction(fn: ScalarFn, type: ScalarType): Numeric {
  const integer = type === "i32" || type === "u32";
  if (integer && fn in integerFunctions) {
    const exact = integerFunctions[fn] as Numeric;
    return type === "u32" ? (...args) => exact(...args) >>> 0 : exact;
  }
  return functions[fn];
}

export function isScalarFn(name: string): name is ScalarFn {
  return Object.hasOwn(functions, name);
}

const integerFunctions: Partial<Record<ScalarFn, Numeric>> = {
  add: (a = 0, b = 0) => (a + b) | 0,
  sub: (a = 0, b = 0) => (a - b) | 0,
  mul: (a = 0, b = 0) => Math.imul(a, b),
  div: (a = 0, b = 0) => (b === 0 ? 0 : Math.floor(a / b)),
  mod: (a = 0, b = 0) => (b === 0 ? 0 : a - b * Math.floor(a / b)),
  neg: (a = 0) => -a | 0,
};

const functions: Record<ScalarFn, Numeric> = {
  add: (a = 0, b = 0) => a + b,
  sub: (a = 0, b = 0) => a - b,
  mul: (a = 0, b = 0) => a * b,
  div: (a = 0, b = 0) => a / b,
  mod: (a = 0, b = 0) => a - b * Math.floor(a / b),
  min: Math.min,
  max: Math.max,
  neg: (a = 0) => -a,
  abs: Math.abs,
  floor: Math.floor,
  clamp: (x = 0, low = 0, high = 0) => Math.min(Math.max(x, low), high),
  pow: Math.pow,
  fma: (a = 0, b = 0, c = 0) => a * b + c,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (a = 0) => 1 / Math.sqrt(a),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf: (a = 0) => errorFunction(a),
  erf_inv: (a = 0) => inverseErrorFunction(a),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a = 0, b = 0) => Number(a < b),
  le: (a = 0, b = 0) => Number(a <= b),
  gt: (a = 0, b = 0) => Number(a > b),
  ge: (a = 0, b = 0) => Number(a >= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
  not: (a) => Number(a === 0),
  to_f32: (a = 0) => a,
  to_i32: (a = 0) => Math.trunc(a) | 0,
  to_u32: (a = 0) => Math.trunc(a) >>> 0,
  to_bool: (a) => Number(a !== 0),
  round_f16: (a = 0) => roundToFloat(a, 10, -14, 65504),
  round_bf16: (a = 0) => roundToFloat(a, 7, -126, 3.3895313892515355e38),
  uniform: (stream = 0, seed = 0, counter = 0, step = 0) =>
    uniformFromBits(uniformBits(stream, seed, counter, step)),
};

/** Nearest float with this many bits behind the point, ties to even; beyond `largest` is infinite. */
function roundToFloat(x: number, bits: number, leastExponent: number, largest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), leastExponent);
  const unit = 2 ** (exponent - bits);
  const scaled = x / unit;
  const down = Math.floor(scaled);
  const above = scaled - down;
  const isUp = above > 0.5 || (above === 0.5 && down % 2 !== 0);
  const rounded = (isUp ? down + 1 : down) * unit;
  return Math.abs(rounded) > largest ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}

/** Maclaurin series near 0, Laplace's continued fraction of the complement in the tails. */
function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = size;
  for (let n = 120; n > 0; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / fraction);
}

/** Giles' first guess (GPU Computing Gems, 2011), then Newton's steps to double precision. */
function inverseErrorFunction(y: number): number {
  if (y <= -1 || y >= 1) {
    return Math.abs(y) === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  }
  const w = -Math.log((1 - y) * (1 + y));
  const guess = w < 5 ? polynomial(centre, w - 2.5) : polynomial(tail, Math.sqrt(w) - 3);
  let x = guess * y;
  for (let n = 0; n < 3; n++) {
    x -= (errorFunction(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  }
  return x;
}

const centre = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((total, coefficient) => total * x + coefficient, 0);
}
