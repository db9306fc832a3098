import { call } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";

/** `expr` as `factor * rest`; either is `undefined` where it is 1. */
interface Factors {
  readonly factor: Expr | undefined;
  readonly rest: Expr | undefined;
}

/**
 * Takes what `belongs` to the factor out of a product. Only multiplication, division and signs are seen
 * through; a rounding to a narrower float is left out where it rounds a product that is taken apart, whose
 * parts are then more precise than what was asked for. Anything else that belongs is all factor.
 */
export function factorOut(expr: Expr, belongs: (part: Expr) => boolean): Factors {
  if (!belongs(expr)) return { factor: undefined, rest: expr };
  const [a, b] = expr.kind === "call" ? expr.args : [];
  if (expr.kind !== "call" || expr.type !== "f32" || a === undefined) {
    return { factor: expr, rest: undefined };
  }
  const [left, right] = [factorOut(a, belongs), b && factorOut(b, belongs)];
  if (expr.fn === "mul" && right !== undefined) {
    return {
      factor: product(left.factor, right.factor),
      rest: product(left.rest, right.rest),
    };
  }
  if (expr.fn === "div" && right !== undefined) {
    return {
      factor: quotient(left.factor, right.factor),
      rest: quotient(left.rest, right.rest),
    };
  }
  if (expr.fn === "neg") return { factor: left.factor, rest: left.rest && negated(left.rest) };
  if ((expr.fn === "round_f16" || expr.fn === "round_bf16") && left.rest !== undefined) return left;
  return { factor: expr, rest: undefined };
}

function product(a: Expr | undefined, b: Expr | undefined): Expr | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return call("mul", [a, b], "f32");
}

function quotient(a: Expr | undefined, b: Expr | undefined): Expr | undefined {
  if (b === undefined) return a;
  return call("div", [a ?? { kind: "constant", type: "f32", value: 1 }, b], "f32");
}

function negated(expr: Expr): Expr {
  return call("neg", [expr], "f32");
}
