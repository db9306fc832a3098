import { describe, expect, test } from "vitest";
import { keyBound } from "../../compiler/6-emit/wgsl/writer/key-bound.ts";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import { ExprEvaluator } from "../../compiler/ir/expr/evaluate-expr.ts";
import { axisIndex, boolConstant, call, intConstant, select } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import type { Engine } from "../../compiler/ir/kernel/engines/engine-registry.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../compiler/ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../compiler/ir/kernel/loops.ts";
import { seededRandom } from "../support/kernels/compare-kernel.ts";

const query: LoopAxis = { id: loopId(0), name: "q", extent: 5 };
const key: LoopAxis = { id: loopId(1), name: "k", extent: 12 };
const [line, place]: readonly LoopAxis[] = [
  { id: loopId(2), name: "line", extent: 3 },
  { id: loopId(3), name: "place", extent: 4 },
] as const;
const tensors: readonly KernelTensor[] = [
  { id: 0, name: "position", role: "input", shape: [1], storage: "i32" },
  { id: 1, name: "given", role: "input", shape: [12], storage: "i32" },
];
const [q, k] = [axisIndex(loopId(0), 5), axisIndex(loopId(1), 12)];
const position: Expr = { kind: "load", tensor: 0, at: [intConstant(0)], type: "i32" };
const given: Expr = { kind: "load", tensor: 1, at: [k], type: "i32" };
const compare = (fn: "le" | "lt" | "ge" | "gt" | "eq" | "ne", a: Expr, b: Expr): Expr =>
  call(fn, [a, b], "bool");
const and = (a: Expr, b: Expr): Expr => call("and", [a, b], "bool");
const or = (a: Expr, b: Expr): Expr => call("or", [a, b], "bool");
const plus = (a: Expr, b: Expr | number): Expr =>
  call("add", [a, typeof b === "number" ? intConstant(b) : b], "i32");
const times = (a: Expr, b: number): Expr => call("mul", [a, intConstant(b)], "i32");

function engineOf(mask: Expr | undefined, keys: readonly LoopAxis[]): Engine<"attend"> {
  const zero: Expr = { kind: "constant", type: "f32", value: 0 };
  const axes = { batch: [], queries: [query], keys, inner: [], valueAxes: [] };
  return { kind: "attend", ...axes, query: zero, key: zero, value: zero, mask, scale: 1 };
}

/**
 * For every query: `bound` by its expression, and `needed`, one more than the last key that the mask lets
 * through.
 */
function boundsOf(
  mask: Expr,
  keys: readonly LoopAxis[],
  at: number,
): { readonly bound: number; readonly needed: number }[] | undefined {
  const expr = keyBound(engineOf(mask, keys));
  if (expr === undefined) return undefined;
  const random = seededRandom(3);
  const data = new Map([
    [0, Float64Array.of(at)],
    [1, Float64Array.from({ length: 12 }, () => Math.floor(3 * random()))],
  ]);
  const evaluator = new ExprEvaluator(tensors, data, {});
  const bound = evaluator.compile(expr);
  const isSeen = evaluator.compile(mask);
  const found: { bound: number; needed: number }[] = [];
  evaluator.loop([query], () => {
    const own = bound();
    let needed = 0;
    let flat = 0;
    evaluator.loop(keys, () => {
      flat++;
      if (isSeen() !== 0) needed = flat;
    });
    found.push({ bound: own, needed });
  });
  return found;
}

const positions = [-2147483648, -3, 0, 4, 11, 12, 2147483647];

describe("masks with an end", () => {
  const exact: Readonly<Record<string, Expr>> = {
    causal: compare("le", k, q),
    "causal, the other way round": compare("ge", q, k),
    "behind what is cached": compare("le", k, plus(q, 4)),
    "a length": compare("lt", k, position),
    "a length, the other way round": compare("gt", position, k),
    "a position": compare("le", k, position),
    "one key": compare("eq", k, position),
    "one key, the other way round": compare("eq", position, k),
    "causal and a length": and(compare("le", k, q), compare("lt", k, position)),
    "causal or a prefix": or(compare("le", k, q), compare("lt", k, position)),
    "twice the key": compare("le", times(k, 2), position),
    "a choice": select(compare("lt", q, intConstant(2)), compare("le", k, q), boolConstant(false)),
    nothing: boolConstant(false),
  };
  for (const [name, mask] of Object.entries(exact)) {
    test(name, () => {
      for (const at of positions) {
        for (const { bound, needed } of boundsOf(mask, [key], at) ?? [{ bound: -1, needed: 0 }]) {
          expect(bound).toBeGreaterThanOrEqual(needed);
          expect(bound).toBeLessThanOrEqual(12);
        }
      }
    });
  }

  test("is exactly behind the last key that is seen", () => {
    for (const name of ["causal", "behind what is cached", "a position", "twice the key"]) {
      for (const { bound, needed } of boundsOf(exact[name] ?? boolConstant(true), [key], 7) ?? []) {
        expect(bound).toBe(needed);
      }
    }
    const causal = boundsOf(compare("le", k, q), [key], 0);
    expect(causal?.map(({ bound }) => bound)).toEqual([1, 2, 3, 4, 5]);
  });

  test("over two axes of keys", () => {
    const axes = [line, place].flatMap((axis) => (axis === undefined ? [] : [axis]));
    const [outer, inner] = [axisIndex(loopId(2), 3), axisIndex(loopId(3), 4)];
    const flat = plus(times(outer, 4), inner);
    const masks = [
      compare("le", flat, plus(q, 3)),
      compare("le", outer, position),
      compare("le", plus(times(outer, 2), inner), position),
    ];
    for (const mask of masks) {
      for (const at of positions) {
        const found = boundsOf(mask, axes, at);
        expect(found).toBeDefined();
        for (const { bound, needed } of found ?? []) {
          expect(bound).toBeGreaterThanOrEqual(needed);
          expect(bound).toBeLessThanOrEqual(extentOfAll(axes));
        }
      }
    }
  });
});

test("masks without an end", () => {
  const masks: readonly (Expr | undefined)[] = [
    undefined,
    boolConstant(true),
    compare("ge", k, q),
    compare("ne", k, q),
    compare("le", given, q),
    compare("le", plus(k, given), q),
    or(compare("le", k, q), compare("eq", given, intConstant(1))),
    // The branch's load could be out of range for other queries.
    select(compare("lt", q, intConstant(1)), compare("le", k, position), boolConstant(false)),
    compare("le", k, plus(q, 11)),
  ];
  for (const mask of masks) expect(keyBound(engineOf(mask, [key]))).toBeUndefined();
});
