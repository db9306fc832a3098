import { describe, expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import type { ScalarFn } from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { applyFunction, clamp, minimum } from "../../compiler/ops/build/build.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { Sketch } from "../support/graphs/sketch.ts";

/**
 * Gradients where a function has none in the strict sense: PyTorch's documented subgradients, computed by
 * hand. Central differences (`ops.test.ts`) cannot see these places.
 */
interface Kink {
  readonly name: string;
  /** From the inputs, one number each, to what is differentiated. */
  readonly of: (s: Sketch, inputs: readonly Value[]) => Value;
  readonly at: readonly number[];
  readonly gradients: readonly number[];
}

const { NEGATIVE_INFINITY: down, POSITIVE_INFINITY: up } = Number;
const [a, b, c] = [0, 1, 2] as const;

const kinks: readonly Kink[] = [
  { name: "max(x, 0) at 0", of: (s, x) => s.maximum(x[a] ?? lack(), 0), at: [0], gradients: [0] },
  {
    name: "max(0, x) at 0",
    of: (s, x) => s.maximum(s.number(0), x[a] ?? lack()),
    at: [0],
    gradients: [0],
  },
  {
    name: "min(x, 6) at 6",
    of: (s, x) => minimum(s.build, x[a] ?? lack(), s.number(6), s.origin),
    at: [6],
    gradients: [0],
  },
  {
    name: "max(x, y) at a tie",
    of: (s, x) => s.maximum(x[a] ?? lack(), x[b] ?? lack()),
    at: [3, 3],
    gradients: [0.5, 0.5],
  },
  {
    name: "min(x, y) at a tie",
    of: (s, x) => minimum(s.build, x[a] ?? lack(), x[b] ?? lack(), s.origin),
    at: [-1, -1],
    gradients: [0.5, 0.5],
  },
  { name: "abs at 0", of: (s, x) => applied("abs", s, ...x), at: [0], gradients: [0] },
  { name: "clamp at its lower bound", of: clamped, at: [-1, -1, 1], gradients: [1, 0, 0] },
  { name: "clamp at its upper bound", of: clamped, at: [1, -1, 1], gradients: [1, 0, 0] },
  { name: "clamp below", of: clamped, at: [-2, -1, 1], gradients: [0, 1, 0] },
  { name: "clamp above", of: clamped, at: [2, -1, 1], gradients: [0, 0, 1] },
  { name: "sqrt at 0", of: (s, x) => applied("sqrt", s, ...x), at: [0], gradients: [up] },
  { name: "rsqrt at 0", of: (s, x) => applied("rsqrt", s, ...x), at: [0], gradients: [down] },
  { name: "log at 0", of: (s, x) => applied("log", s, ...x), at: [0], gradients: [up] },
  { name: "asin at 1", of: (s, x) => applied("asin", s, ...x), at: [1], gradients: [up] },
  { name: "acos at 1", of: (s, x) => applied("acos", s, ...x), at: [1], gradients: [down] },
  { name: "0 ^ 0", of: (s, x) => applied("pow", s, ...x), at: [0, 0], gradients: [0, 0] },
  { name: "0 ^ 1", of: (s, x) => applied("pow", s, ...x), at: [0, 1], gradients: [1, 0] },
  { name: "0 ^ 0.5", of: (s, x) => applied("pow", s, ...x), at: [0, 0.5], gradients: [up, 0] },
  {
    name: "0 ^ 2 of a number in the text",
    of: (s, x) => s.pow(x[a] ?? lack(), 2),
    at: [0],
    gradients: [0],
  },
];

/** What is not chosen gets nothing, however steep it is and whatever it is: `where(no, f(x), 0.0)`. */
const steep: readonly { readonly fn: ScalarFn; readonly at: readonly number[] }[] = [
  { fn: "exp", at: [1e4] },
  { fn: "expm1", at: [1e4] },
  { fn: "sinh", at: [1e4] },
  { fn: "cosh", at: [1e4] },
  { fn: "log", at: [0] },
  { fn: "log", at: [-1] },
  { fn: "log1p", at: [-1] },
  { fn: "sqrt", at: [0] },
  { fn: "sqrt", at: [-1] },
  { fn: "rsqrt", at: [0] },
  { fn: "erf_inv", at: [1] },
  { fn: "asin", at: [1] },
  { fn: "asin", at: [2] },
  { fn: "acos", at: [-1] },
  { fn: "atan2", at: [0, 0] },
  { fn: "div", at: [1, 0] },
  { fn: "div", at: [0, 0] },
  { fn: "mod", at: [1, 0] },
  { fn: "pow", at: [0, -1] },
  { fn: "pow", at: [-1, 0.5] },
];

describe("at a kink the gradient is PyTorch's", () => {
  test.each(kinks)("$name", ({ of, at, gradients }) => {
    expect(gradientsAt(of, at)).toEqual(gradients);
  });
});

describe("what is not chosen has the gradient 0, not NaN", () => {
  test.each(steep)("$fn at $at", ({ fn, at }) => {
    const of = (s: Sketch, x: readonly Value[]): Value => {
      const never = s.lessEqual(s.number(1), 0);
      return s.where(never, applied(fn, s, ...x), s.number(0));
    };
    expect(gradientsAt(of, at)).toEqual(at.map(() => 0));
  });

  test("a norm of 0 below its bound", () => {
    const of = (s: Sketch, [x, y, z]: readonly Value[]): Value => {
      const [p, q, r] = [x ?? lack(), y ?? lack(), z ?? lack()];
      const square = s.add(s.add(s.mul(p, p), s.mul(q, q)), s.mul(r, r));
      return s.div(s.add(p, q), s.maximum(s.sqrt(square), 1e-12));
    };
    expect(gradientsAt(of, [0, 0, 0])).toEqual([1e12, 1e12, 0]);
  });

  test("1 / (1 + exp(-x)) far below 0", () => {
    const of = (s: Sketch, [x]: readonly Value[]): Value =>
      s.div(s.number(1), s.add(s.exp(s.mul(x ?? lack(), -1)), 1));
    expect(gradientsAt(of, [-1e4]).map(Math.abs)).toEqual([0]);
  });
});

function clamped(s: Sketch, inputs: readonly Value[]): Value {
  const [x, low, high] = [inputs[a] ?? lack(), inputs[b] ?? lack(), inputs[c] ?? lack()];
  return clamp(s.build, x, low, high, s.origin);
}

function applied(fn: ScalarFn, s: Sketch, ...inputs: readonly Value[]): Value {
  return applyFunction(fn, s.build, inputs, s.origin);
}

function lack(): never {
  throw new Error("an input too few");
}

/** -0 counts as 0. */
function gradientsAt(of: Kink["of"], at: readonly number[]): readonly number[] {
  const s = new Sketch();
  const inputs = at.map((_, n) => s.input(`x${n}`, []));
  const value = of(s, inputs);
  const seeds = new Map([[value, s.number(1)]]);
  const found = reverseMode({ build: s.build, seeds, wanted: inputs });
  const feeds = new Map(
    inputs.map((x, n) => [x, { type: x.type, data: Float64Array.of(at[n] ?? 0) }]),
  );
  return inputs.map((x) => {
    const gradient = found.get(x);
    if (gradient === undefined) return 0;
    return (interpretGraph([gradient], feeds, s.extent).get(gradient)?.data[0] ?? Number.NaN) + 0;
  });
}
