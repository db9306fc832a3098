import type { StoredSpec } from "../../compiler/artifact.ts";
import { elementary } from "../numbers/elementary.ts";
import { brainBits, halfBits, wideBits } from "../numbers/half.ts";
import { uniformBits } from "./random.ts";

export type CallName = Extract<StoredSpec["init"], { kind: "call" }>["fn"];

/**
 * One scalar function over the first `count` places of its operands: `out[n] = fn(a[n], b[n], ...)`. Loops of their
 * own, with the arithmetic written in them, because a call for each element costs more than the arithmetic.
 */
export type RowFunction = (
  count: number,
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
) => void;

/** The loop of a function; the meaning is that of the compiler's scalar functions. `type` is that of the operands. */
export function rowFunction(fn: CallName, type: StoredSpec["init"]["type"]): RowFunction {
  const whole = type === "i32" || type === "u32" ? wholeFunctions[fn] : undefined;
  if (whole === undefined) return realFunctions[fn];
  if (type === "i32") return whole;
  return (count, out, a, b, c, d) => {
    whole(count, out, a, b, c, d);
    for (let n = 0; n < count; n++) out[n] = at(out, n) >>> 0;
  };
}

/** Operands are as long as the loop: there is always a number. */
const at = (row: Float64Array, n: number): number => row[n] as number;

const wholeFunctions: Partial<Record<CallName, RowFunction>> = {
  add: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = (at(a, n) + at(b, n)) | 0;
  },
  sub: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = (at(a, n) - at(b, n)) | 0;
  },
  mul: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = Math.imul(at(a, n), at(b, n));
  },
  div: (count, out, a, b) => {
    for (let n = 0; n < count; n++)
      out[n] = at(b, n) === 0 ? 0 : Math.floor(at(a, n) / at(b, n)) | 0;
  },
  mod: (count, out, a, b) => {
    for (let n = 0; n < count; n++) {
      const [x, y] = [at(a, n), at(b, n)];
      out[n] = y === 0 ? 0 : (x - y * Math.floor(x / y)) | 0;
    }
  },
  neg: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = -at(a, n) | 0;
  },
};

/** A function that is dear enough for a call of its own. */
function each(fn: (a: number, b: number) => number): RowFunction {
  return (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = fn(at(a, n), at(b, n));
  };
}

const realFunctions: Record<CallName, RowFunction> = {
  add: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) + at(b, n);
  },
  sub: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) - at(b, n);
  },
  mul: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) * at(b, n);
  },
  div: (count, out, a, b) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) / at(b, n);
  },
  mod: each((a, b) => (b === 0 ? 0 : a - b * Math.floor(a / b))),
  neg: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = -at(a, n);
  },
  fma: (count, out, a, b, c) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) * at(b, n) + at(c, n);
  },
  clamp: (count, out, x, low, high) => {
    for (let n = 0; n < count; n++) out[n] = Math.min(Math.max(at(x, n), at(low, n)), at(high, n));
  },
  min: each((a, b) => Math.min(a, b)),
  max: each((a, b) => Math.max(a, b)),
  abs: each((a) => Math.abs(a)),
  floor: each((a) => Math.floor(a)),
  sqrt: each((a) => Math.sqrt(a)),
  rsqrt: each((a) => 1 / Math.sqrt(a)),
  exp: each(elementary.exp),
  log: each(elementary.log),
  sin: each(elementary.sin),
  cos: each(elementary.cos),
  tanh: each(elementary.tanh),
  pow: each(elementary.pow),
  erf: each(elementary.erf),
  erf_inv: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = elementary.erf_inv(at(a, n));
  },
  eq: each((a, b) => (a === b ? 1 : 0)),
  ne: each((a, b) => (a !== b ? 1 : 0)),
  lt: each((a, b) => (a < b ? 1 : 0)),
  le: each((a, b) => (a <= b ? 1 : 0)),
  gt: each((a, b) => (a > b ? 1 : 0)),
  ge: each((a, b) => (a >= b ? 1 : 0)),
  and: each((a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  or: each((a, b) => (a !== 0 || b !== 0 ? 1 : 0)),
  not: each((a) => (a === 0 ? 1 : 0)),
  to_bool: each((a) => (a !== 0 ? 1 : 0)),
  to_f32: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n);
  },
  to_i32: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = Math.trunc(at(a, n)) | 0;
  },
  to_u32: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = Math.trunc(at(a, n)) >>> 0;
  },
  round_f16: each((a) => fromBits(wideBits(halfBits(toBits(a))))),
  round_bf16: each((a) => fromBits(brainBits(toBits(a)) << 16)),
  uniform: (count, out, stream, seed, counter, step) => {
    for (let n = 0; n < count; n++) {
      const bits = uniformBits(
        at(stream, n) | 0,
        at(seed, n) | 0,
        at(counter, n) | 0,
        at(step, n) | 0,
      );
      out[n] = bits / 16777216;
    }
  },
};

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
