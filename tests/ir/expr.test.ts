import fc from "fast-check";
import { expect, test } from "vitest";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import {
  axisIndex,
  boolConstant,
  call,
  floatConstant,
  intConstant,
  select,
} from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import { exprKey } from "../../compiler/ir/expr/expr-key.ts";
import { rangeOf } from "../../compiler/ir/expr/expr-range.ts";
import { rewriteExpr, substitute } from "../../compiler/ir/expr/rewrite-expr.ts";
import {
  type ScalarFn,
  scalarFunction,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";

const i32 = (fn: ScalarFn, ...args: readonly Expr[]): Expr => call(fn, args, "i32");
const int = intConstant;

test("a split after a merge leaves no trace", () => {
  const heads = axisIndex(loopId(0), 25);
  const head = axisIndex(loopId(1), 128);
  const merged = i32("add", i32("mul", heads, int(128)), head);
  expect(i32("div", merged, int(128))).toBe(heads);
  expect(i32("mod", merged, int(128))).toBe(head);
});

test("a merge after a split leaves no trace, for three parts too", () => {
  const whole = axisIndex(loopId(0), 9600);
  const parts = [
    i32("div", whole, int(3200)),
    i32("mod", i32("div", whole, int(128)), int(25)),
    i32("mod", whole, int(128)),
  ] as const;
  const again = i32(
    "add",
    i32("add", i32("mul", parts[0], int(3200)), i32("mul", parts[1], int(128))),
    parts[2],
  );
  expect(again).toBe(whole);
  const otherWay = i32("div", i32("mod", whole, int(3200)), int(128));
  expect(exprKey(otherWay)).toBe(exprKey(parts[1]));
});

test("a coarser quotient ignores what is too small to decide it", () => {
  const a = axisIndex(loopId(0), 7);
  const b = axisIndex(loopId(1), 4);
  const sum = i32("add", i32("mul", a, int(4)), b);
  expect(exprKey(i32("div", sum, int(12)))).toBe(exprKey(i32("div", a, int(3))));
  expect(exprKey(i32("mod", sum, int(12)))).toBe(
    exprKey(i32("add", i32("mul", i32("mod", a, int(3)), int(4)), b)),
  );
});

test("a segment of a join chooses its part at compile time", () => {
  const patch = axisIndex(loopId(0), 256);
  const token = i32("add", patch, int(1));
  const isClass = call("lt", [token, int(1)], "bool");
  const chosen = select(isClass, floatConstant(1), floatConstant(2));
  expect(chosen).toEqual(floatConstant(2));
});

test("conditions inside equal conditions vanish", () => {
  const c = call("lt", [axisIndex(loopId(0), 9), int(4)], "bool");
  const [a, b, d] = [1, 2, 3].map(floatConstant) as [Expr, Expr, Expr];
  expect(select(c, select(c, a, b), d)).toEqual(select(c, a, d));
  expect(select(call("not", [c], "bool"), a, b)).toEqual(select(c, b, a));
  expect(select(c, boolConstant(true), boolConstant(false))).toBe(c);
});

test("floats lose neutral elements and small powers only", () => {
  const x: Expr = { kind: "load", tensor: 0, at: [], type: "f32" };
  expect(call("mul", [x, floatConstant(1)], "f32")).toBe(x);
  expect(call("add", [floatConstant(0), x], "f32")).toBe(x);
  expect(call("pow", [x, floatConstant(2)], "f32")).toEqual(call("mul", [x, x], "f32"));
  expect(call("mul", [x, floatConstant(0)], "f32").kind).toBe("call");
  expect(call("log", [floatConstant(0)], "f32").kind).toBe("call");
});

const extents = [1, 2, 3, 5, 8, 12];
const axes = extents.map(
  (extent, n): Expr => ({ kind: "axis", axis: loopId(n), extent, type: "i32" }),
);

/** The same tree twice: built by the simplifying constructors, and as it stands. */
interface Twin {
  readonly simple: Expr;
  readonly plain: Expr;
}
const twinCall = (fn: ScalarFn, ...args: readonly Twin[]): Twin => ({
  simple: i32(fn, ...args.map((arg) => arg.simple)),
  plain: { kind: "call", fn, args: args.map((arg) => arg.plain), type: "i32" },
});
function twinSelect(fn: ScalarFn, a: Twin, b: Twin, chosen: Twin, other: Twin): Twin {
  const condition: Expr = { kind: "call", fn, args: [a.plain, b.plain], type: "bool" };
  const [then, otherwise] = [chosen.plain, other.plain];
  return {
    simple: select(call(fn, [a.simple, b.simple], "bool"), chosen.simple, other.simple),
    plain: { kind: "select", condition, then, otherwise, type: "i32" },
  };
}
const { tree } = fc.letrec<{ tree: Twin }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.constantFrom(...axes).map((axis) => ({ simple: axis, plain: axis })),
    fc.integer({ min: -20, max: 20 }).map((n) => ({ simple: int(n), plain: int(n) })),
    fc
      .tuple(fc.constantFrom<ScalarFn>("add", "sub", "min", "max"), tie("tree"), tie("tree"))
      .map(([fn, a, b]) => twinCall(fn, a, b)),
    fc
      .tuple(
        fc.constantFrom<ScalarFn>("mul", "div", "mod", "div", "mod"),
        tie("tree"),
        fc.integer({ min: 1, max: 12 }),
      )
      .map(([fn, a, n]) => twinCall(fn, a, { simple: int(n), plain: int(n) })),
    fc
      .tuple(
        fc.constantFrom<ScalarFn>("lt", "ge", "eq", "ne"),
        tie("tree"),
        tie("tree"),
        tie("tree"),
        tie("tree"),
      )
      .map(([fn, a, b, c, d]) => twinSelect(fn, a, b, c, d)),
  ),
}));

function evaluate(expr: Expr, at: readonly number[]): number {
  switch (expr.kind) {
    case "constant":
      return expr.value;
    case "axis":
      return at[expr.axis] ?? 0;
    case "call":
      return scalarFunction(
        expr.fn,
        expr.args[0]?.type ?? "i32",
      )(...expr.args.map((arg) => evaluate(arg, at)));
    case "select":
      return evaluate(evaluate(expr.condition, at) !== 0 ? expr.then : expr.otherwise, at);
    default:
      throw new Error(expr.kind);
  }
}

const places = fc.tuple(...extents.map((extent) => fc.integer({ min: 0, max: extent - 1 })));

test("simplification keeps values, and ranges hold", () => {
  fc.assert(
    fc.property(
      tree,
      fc.array(places, { minLength: 5, maxLength: 5 }),
      ({ simple, plain }, points) => {
        const range = rangeOf(simple);
        for (const at of points) {
          const value = evaluate(plain, at);
          expect(evaluate(simple, at)).toBe(value);
          expect(value).toBeGreaterThanOrEqual(range.min);
          expect(value).toBeLessThanOrEqual(range.max);
        }
      },
    ),
    { numRuns: 2000, seed: 7 },
  );
});

test("substitution keeps values", () => {
  fc.assert(
    fc.property(tree, tree, places, ({ simple }, { simple: inner }, at) => {
      // Into an axis only what stays inside it may be put.
      const inside = i32("mod", inner, int(12));
      const replaced = substitute(simple, new Map([[5, inside]]));
      const moved = at.map((position, n) => (n === 5 ? evaluate(inside, at) : position));
      expect(evaluate(replaced, at)).toBe(evaluate(simple, moved));
    }),
    { numRuns: 500, seed: 11 },
  );
});

test("rewriting keeps what it does not change", () => {
  const shared = call("exp", [{ kind: "load", tensor: 0, at: [], type: "f32" }], "f32");
  const root = call("mul", [shared, shared], "f32");
  expect(rewriteExpr(root, () => undefined)).toBe(root);
});

test("the error function and its inverse are exact to double precision", () => {
  const erf = scalarFunction("erf", "f32");
  const inverse = scalarFunction("erf_inv", "f32");
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(erf(2)).toBeCloseTo(0.9953222650189527, 15);
  expect(erf(-3)).toBeCloseTo(-0.9999779095030014, 15);
  for (const y of [-0.999, -0.5, -0.001, 0.25, 0.9999]) expect(erf(inverse(y))).toBeCloseTo(y, 14);
});

test("rounding to f16 ties to even and overflows to infinity", () => {
  const round = scalarFunction("round_f16", "f32");
  expect(round(1 + 1 / 2048)).toBe(1);
  expect(round(1 + 3 / 2048)).toBe(1 + 4 / 2048);
  expect(round(65520)).toBe(Number.POSITIVE_INFINITY);
  expect(round(2 ** -25)).toBe(0);
  expect(round(0.1)).toBe(0.0999755859375);
});
