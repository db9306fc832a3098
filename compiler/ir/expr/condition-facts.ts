import type { ScalarFn } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";
import type { Assumption } from "./expr-range.ts";
import { addForms, exprOfForm, integerFormOf, scaleForm } from "./integer-form.ts";

/**
 * What a branch knows because `condition` is `truth` there: bounds of integer expressions without their
 * constants. `and` tells both when true, `or` both when false.
 */
export function conditionFacts(condition: Expr, truth: boolean): readonly Assumption[] {
  if (condition.kind !== "call") return [];
  const [a, b] = condition.args;
  if (a === undefined) return [];
  if (condition.fn === "not") return conditionFacts(a, !truth);
  if (b === undefined) return [];
  if (condition.fn === (truth ? "and" : "or")) {
    return [...conditionFacts(a, truth), ...conditionFacts(b, truth)];
  }
  if (a.type !== "i32") return [];
  const fn = truth ? condition.fn : opposite[condition.fn];
  const difference = addForms(integerFormOf(a), scaleForm(integerFormOf(b), -1));
  const bound = fn === undefined ? undefined : boundOf(fn);
  if (bound === undefined) return [];
  // difference = form + constant lies in bound, so form lies in bound - constant.
  const form = { terms: difference.terms, constant: 0 };
  const min = bound.min - difference.constant;
  const max = bound.max - difference.constant;
  return [
    ...factsOf(exprOfForm(form), min, max),
    ...factsOf(exprOfForm(scaleForm(form, -1)), -max, -min),
  ];
}

/** A bound of `x div k` is a bound of `x`. */
function factsOf(expr: Expr, min: number, max: number): readonly Assumption[] {
  const own: Assumption = { expr, range: { min, max } };
  const [x, divisor] = expr.kind === "call" && expr.fn === "div" ? expr.args : [];
  if (x === undefined || divisor?.kind !== "constant" || divisor.value <= 0) return [own];
  const { terms, constant } = integerFormOf(x);
  const least = min * divisor.value - constant;
  const most = max * divisor.value + divisor.value - 1 - constant;
  return [own, ...factsOf(exprOfForm({ terms, constant: 0 }), least, most)];
}

function boundOf(fn: ScalarFn): { readonly min: number; readonly max: number } | undefined {
  const [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  switch (fn) {
    case "lt":
      return { min: least, max: -1 };
    case "le":
      return { min: least, max: 0 };
    case "gt":
      return { min: 1, max: most };
    case "ge":
      return { min: 0, max: most };
    case "eq":
      return { min: 0, max: 0 };
    default:
      return undefined;
  }
}

const opposite: Partial<Record<ScalarFn, ScalarFn>> = {
  lt: "ge",
  le: "gt",
  gt: "le",
  ge: "lt",
  ne: "eq",
};
