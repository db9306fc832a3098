import type { Expr } from "../kernel/kernel.ts";

/** All values that an expression can have lie in `min..max`, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a branch may rely on: wherever it is evaluated, `expr` is within `range`. */
export interface Assumption {
  readonly expr: Expr;
  readonly range: Range;
}

export const anything: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/**
 * Interval arithmetic over an expression. `known` overrides what single subexpressions say, which is how
 * conditions reach the branches that they guard.
 */
export function rangeOf(
  expr: Expr,
  known: (expr: Expr) => Range | undefined = () => undefined,
): Range {
  const plain = rangeByKind(expr, known);
  const better = known(expr);
  return better === undefined ? plain : intersect(plain, better);
}

export function intersect(a: Range, b: Range): Range {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}

export function isWithin(range: Range, min: number, max: number): boolean {
  return range.min >= min && range.max <= max;
}

type Known = (expr: Expr) => Range | undefined;

function rangeByKind(expr: Expr, known: Known): Range {
  switch (expr.kind) {
    case "constant":
      return { min: expr.value, max: expr.value };
    case "axis":
      return { min: 0, max: Math.max(0, expr.extent - 1) };
    case "select":
      return union(rangeOf(expr.then, known), rangeOf(expr.otherwise, known));
    case "call":
      return rangeOfCall(expr, known);
    case "load":
    case "reduced":
    case "immediate":
      return rangeOfType(expr.type);
  }
}

function rangeOfType(type: Expr["type"]): Range {
  switch (type) {
    case "bool":
      return { min: 0, max: 1 };
    case "i32":
      return { min: -2147483648, max: 2147483647 };
    case "u32":
      return { min: 0, max: 4294967295 };
    case "f32":
      return anything;
  }
}

function rangeOfCall(expr: Extract<Expr, { kind: "call" }>, known: Known): Range {
  const range = (n: number): Range => {
    const arg = expr.args[n];
    return arg === undefined ? anything : rangeOf(arg, known);
  };
  switch (expr.fn) {
    case "add":
      return { min: range(0).min + range(1).min, max: range(0).max + range(1).max };
    case "sub":
      return { min: range(0).min - range(1).max, max: range(0).max - range(1).min };
    case "neg":
      return { min: -range(0).max, max: -range(0).min };
    case "mul":
      return expr.type === "u32" ? rangeOfType("u32") : product(range(0), range(1));
    case "min":
      return {
        min: Math.min(range(0).min, range(1).min),
        max: Math.min(range(0).max, range(1).max),
      };
    case "max":
      return {
        min: Math.max(range(0).min, range(1).min),
        max: Math.max(range(0).max, range(1).max),
      };
    case "clamp": {
      const [x, low, high] = [range(0), range(1), range(2)];
      return {
        min: Math.min(Math.max(x.min, low.min), high.max),
        max: Math.min(Math.max(x.max, low.min), high.max),
      };
    }
    case "abs": {
      const { min, max } = range(0);
      if (min >= 0) return { min, max };
      return { min: max < 0 ? -max : 0, max: Math.max(-min, max) };
    }
    case "floor":
      return { min: Math.floor(range(0).min), max: Math.floor(range(0).max) };
    case "div":
      return expr.type === "f32" ? anything : quotient(range(0), range(1));
    case "mod":
      return expr.type === "f32" ? anything : remainder(range(0), range(1));
    case "to_f32":
    case "round_f16":
    case "round_bf16":
      return range(0);
    case "to_i32":
      return intersect(
        { min: Math.trunc(range(0).min), max: Math.trunc(range(0).max) },
        rangeOfType("i32"),
      );
    case "to_u32":
      return range(0).min >= 0 ? intersect(range(0), rangeOfType("u32")) : rangeOfType("u32");
    case "uniform":
      return { min: 0, max: 1 };
    case "exp":
      return { min: 0, max: Number.POSITIVE_INFINITY };
    default:
      return rangeOfType(expr.type);
  }
}

function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function product(a: Range, b: Range): Range {
  const corners = [
    times(a.min, b.min),
    times(a.min, b.max),
    times(a.max, b.min),
    times(a.max, b.max),
  ];
  return { min: Math.min(...corners), max: Math.max(...corners) };
}

/** Zero times an unbounded end is zero here: the end is never reached. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

function quotient(a: Range, b: Range): Range {
  if (b.min !== b.max || b.min <= 0) return rangeOfType("i32");
  return { min: Math.floor(a.min / b.min), max: Math.floor(a.max / b.min) };
}

function remainder(a: Range, b: Range): Range {
  if (b.min <= 0) return rangeOfType("i32");
  if (a.min >= 0 && a.max < b.min) return a;
  return { min: 0, max: b.max - 1 };
}
