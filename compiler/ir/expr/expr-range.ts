import { anything, intersect, type Range, rangeOfType } from "../scalar-functions/ranges.ts";
import { functionRecord } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";

/** What a branch may rely on: wherever it is evaluated, `expr` is within `range`. */
export interface Assumption {
  readonly expr: Expr;
  readonly range: Range;
}

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

function rangeOfCall(expr: Extract<Expr, { kind: "call" }>, known: Known): Range {
  const range = (n: number): Range => {
    const arg = expr.args[n];
    return arg === undefined ? anything : rangeOf(arg, known);
  };
  const rule = functionRecord(expr.fn).range;
  return rule === "type" ? rangeOfType(expr.type) : rule(range, expr.type);
}

function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
