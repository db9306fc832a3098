import type { ScalarType } from "../../compiler/ir/expr/scalar-types.ts";
import type { ScalarFn } from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { cosh, exp, expm1, log, log1p, pow, sinh, tanh } from "./elementary.ts";
import { erf, erf_inv } from "./error-function.ts";
import { brainBits, halfBits, wideBits } from "./half.ts";
import { acos, asin, atan, atan2, cos, sin } from "./trigonometric.ts";
import { sampleUniform, uniform } from "./uniform.ts";

type Numeric = (...args: number[]) => number;

/**
 * The scalar functions of the kernel form as initialisers compute them: in float64, with the same bits on every
 * machine. The meaning is that of the compiler's records; to forget a function is a type error.
 */
export function sameEverywhere(fn: ScalarFn, operands: ScalarType): Numeric {
  const exact = operands === "i32" || operands === "u32" ? wholeFunctions[fn] : undefined;
  if (exact === undefined) return functions[fn];
  return operands === "u32" && fn !== "to_i32" ? (...args) => exact(...args) >>> 0 : exact;
}

/** On integers, where that is another function; a u32 is the same modulo 2^32. */
const wholeFunctions: Partial<Record<ScalarFn, Numeric>> = {
  add: (a = 0, b = 0) => (a + b) | 0,
  sub: (a = 0, b = 0) => (a - b) | 0,
  mul: (a = 0, b = 0) => Math.imul(a, b),
  div: (a = 0, b = 0) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  mod: (a = 0, b = 0) => (b === 0 ? 0 : floorMod(a, b) | 0),
  neg: (a = 0) => -a | 0,
  abs: (a = 0) => Math.abs(a) | 0,
  to_i32: (a = 0) => a | 0,
  to_u32: (a = 0) => a >>> 0,
  bit_and: (a = 0, b = 0) => a & b,
  bit_or: (a = 0, b = 0) => a | b,
  bit_xor: (a = 0, b = 0) => a ^ b,
  bit_not: (a = 0) => ~a,
  shift_left,
  shift_right,
};

/** IEEE 754 fixes the bits of what stands here as `Math`'s. */
const functions: Record<ScalarFn, Numeric> = {
  add: (a = 0, b = 0) => a + b,
  sub: (a = 0, b = 0) => a - b,
  mul: (a = 0, b = 0) => a * b,
  div: (a = 0, b = 0) => a / b,
  mod: (a = 0, b = 0) => floorMod(a, b),
  neg: (a = 0) => -a,
  abs: Math.abs,
  min: (a = 0, b = 0) => Math.min(a, b),
  max: (a = 0, b = 0) => Math.max(a, b),
  clamp: (x = 0, low = 0, high = 0) => Math.min(Math.max(x, low), high),
  fma: (a = 0, b = 0, c = 0) => a * b + c,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: (x = 0) => roundToEven(x),
  sqrt: Math.sqrt,
  rsqrt: (x = 0) => 1 / Math.sqrt(x),
  exp: (x = 0) => exp(x),
  expm1: (x = 0) => expm1(x),
  log: (x = 0) => log(x),
  log1p: (x = 0) => log1p(x),
  pow: (a = 0, b = 0) => pow(a, b),
  sin: (x = 0) => sin(x),
  cos: (x = 0) => cos(x),
  asin: (x = 0) => asin(x),
  acos: (x = 0) => acos(x),
  atan: (x = 0) => atan(x),
  atan2: (y = 0, x = 0) => atan2(y, x),
  sinh: (x = 0) => sinh(x),
  cosh: (x = 0) => cosh(x),
  tanh: (x = 0) => tanh(x),
  erf: (x = 0) => erf(x),
  erf_inv: (x = 0) => erf_inv(x),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a = 0, b = 0) => Number(a < b),
  le: (a = 0, b = 0) => Number(a <= b),
  gt: (a = 0, b = 0) => Number(a > b),
  ge: (a = 0, b = 0) => Number(a >= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
  not: (a) => Number(a === 0),
  is_nan: (x) => Number(Number.isNaN(x)),
  is_finite: (x) => Number(Number.isFinite(x)),
  bit_and: (a = 0, b = 0) => a & b,
  bit_or: (a = 0, b = 0) => a | b,
  bit_xor: (a = 0, b = 0) => a ^ b,
  bit_not: (a = 0) => ~a,
  shift_left,
  shift_right,
  float_of_bits: (bits = 0) => fromBits(bits),
  to_f32: (x = 0) => x,
  to_i32: (x = 0) => Math.trunc(Math.min(Math.max(x, -2147483648), 2147483520)) | 0,
  to_u32: (x = 0) => Math.trunc(Math.min(Math.max(x, 0), 4294967040)) >>> 0,
  to_bool: (x) => Number(x !== 0),
  round_f16: (x = 0) => fromBits(wideBits(halfBits(toBits(x)))),
  round_bf16: (x = 0) => fromBits(brainBits(toBits(x)) << 16),
  uniform: (stream = 0, seed = 0, counter = 0, step = 0) => uniform(stream, seed, counter, step),
  sample_uniform: (stream = 0, seed = 0, step = 0, sample = 0, element = 0) =>
    sampleUniform(stream, seed, step, sample, element),
};

function floorMod(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 === b < 0 ? rest : rest + b;
}

function shift_left(a = 0, by = 0): number {
  return by >= 0 && by < 32 ? a << by : 0;
}

function shift_right(a = 0, by = 0): number {
  return Math.floor(by >= 0 && by < 32 ? a / 2 ** by : a < 0 ? -1 : 0);
}

/** Added and taken away again, 2^52 leaves a whole number: the rounding of float64 itself. */
function roundToEven(x: number): number {
  const size = Math.abs(x);
  if (!(size < 2 ** 52) || x === 0) return x;
  const whole = size + 2 ** 52 - 2 ** 52;
  return x < 0 ? -whole : whole;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function toBits(x: number): number {
  single[0] = x;
  return singleBits[0] ?? 0;
}

function fromBits(bits: number): number {
  singleBits[0] = bits;
  return single[0] ?? 0;
}
