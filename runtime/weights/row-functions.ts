import type { StoredSpec } from "../../compiler/artifact.ts";
import { erf_inv } from "../numbers/error-function.ts";
import { sameEverywhere } from "../numbers/scalar-functions.ts";
import { uniformBits } from "../numbers/uniform.ts";

type CallName = Extract<StoredSpec["init"], { kind: "call" }>["fn"];

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
  e: Float64Array,
) => void;

/** The loop of a function; `type` is that of the operands. */
export function rowFunction(fn: CallName, type: StoredSpec["init"]["type"]): RowFunction {
  const isWhole = type === "i32" || type === "u32";
  const loop = conversions[fn] ?? (isWhole ? undefined : realFunctions[fn]);
  return loop ?? each(sameEverywhere(fn, type));
}

/** Operands are as long as the loop: there is always a number. */
const at = (row: Float64Array, n: number): number => row[n] as number;

/** One call for each element. */
function each(fn: (...operands: number[]) => number): RowFunction {
  return (count, out, a, b, c, d, e) => {
    for (let n = 0; n < count; n++) out[n] = fn(at(a, n), at(b, n), at(c, n), at(d, n), at(e, n));
  };
}

/** What initialisers are full of. */
const realFunctions: Partial<Record<CallName, RowFunction>> = {
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
  neg: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = -at(a, n);
  },
  fma: (count, out, a, b, c) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n) * at(b, n) + at(c, n);
  },
  clamp: (count, out, x, low, high) => {
    for (let n = 0; n < count; n++) out[n] = Math.min(Math.max(at(x, n), at(low, n)), at(high, n));
  },
  erf_inv: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = erf_inv(at(a, n));
  },
};

/** The same for every type of operand. */
const conversions: Partial<Record<CallName, RowFunction>> = {
  to_f32: (count, out, a) => {
    for (let n = 0; n < count; n++) out[n] = at(a, n);
  },
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
