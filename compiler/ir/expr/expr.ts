import type { PositionId } from "../axis-ids.ts";
import { type ScalarFn, scalarFunction } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";
import { isSameExpr } from "./expr-key.ts";
import { isWithin, rangeOf } from "./expr-range.ts";
import {
  addForms,
  divideForm,
  exprOfForm,
  integerFormOf,
  moduloForm,
  rangeOfForm,
  scaleForm,
} from "./integer-form.ts";
import type { ScalarType } from "./scalar-types.ts";

/**
 * Constructors of kernel expressions. They simplify as they build: constants fold, and integer index
 * arithmetic is reduced with the known ranges of its parts, so that composing views leaves no trace.
 */
export function intConstant(value: number): Expr {
  return { kind: "constant", type: "i32", value: value === 0 ? 0 : value };
}

/** Infinities and NaN have no literal in WGSL: they are made of their bits when the kernel runs. */
export function floatConstant(value: number): Expr {
  const single = Math.fround(value);
  if (Number.isFinite(single)) return { kind: "constant", type: "f32", value };
  const bits = Number.isNaN(single) ? 0x7fc00000 : single > 0 ? 0x7f800000 : 0xff800000;
  return call("float_of_bits", [{ kind: "constant", type: "u32", value: bits }], "f32");
}

export function boolConstant(value: boolean): Expr {
  return { kind: "constant", type: "bool", value: value ? 1 : 0 };
}

export function axisIndex(axis: PositionId, extent: number): Expr {
  return extent === 1 ? intConstant(0) : { kind: "axis", axis, extent, type: "i32" };
}

/** `type` is the type of the result; operands of one call have one type. */
export function call(fn: ScalarFn, args: readonly Expr[], type: ScalarType): Expr {
  return (
    foldConstant(fn, args, type) ?? simplifyCall(fn, args, type) ?? { kind: "call", fn, args, type }
  );
}

export function select(condition: Expr, then: Expr, otherwise: Expr): Expr {
  if (condition.kind === "constant") return condition.value !== 0 ? then : otherwise;
  if (condition.kind === "call" && condition.fn === "not" && condition.args[0] !== undefined) {
    return select(condition.args[0], otherwise, then);
  }
  if (isSameExpr(then, otherwise)) return then;
  if (then.kind === "select" && isSameExpr(then.condition, condition)) {
    return select(condition, then.then, otherwise);
  }
  if (otherwise.kind === "select" && isSameExpr(otherwise.condition, condition)) {
    return select(condition, then, otherwise.otherwise);
  }
  if (then.type === "bool" && isConstant(then, 1) && isConstant(otherwise, 0)) return condition;
  return { kind: "select", condition, then, otherwise, type: then.type };
}

function foldConstant(fn: ScalarFn, args: readonly Expr[], type: ScalarType): Expr | undefined {
  const numbers: number[] = [];
  for (const arg of args) {
    if (arg.kind !== "constant") return undefined;
    numbers.push(arg.value);
  }
  const value = scalarFunction(fn, args[0]?.type ?? type)(...numbers);
  // WGSL has no way to write what f32 cannot hold; what makes it stays to be done at run time.
  if (!Number.isFinite(type === "f32" ? Math.fround(value) : value)) return undefined;
  return { kind: "constant", type, value: type === "f32" || value !== 0 ? value : 0 };
}

function simplifyCall(fn: ScalarFn, args: readonly Expr[], type: ScalarType): Expr | undefined {
  const [a, b, c] = args;
  if (a === undefined) return undefined;
  if (isConversion(fn)) return simplifyConversion(fn, a);
  if (type === "bool") return simplifyTruth(fn, a, b);
  if (fn === "min" || fn === "max" || fn === "clamp") return simplifyBounds(fn, args, type);
  if (type === "i32") return simplifyInteger(fn, a, b);
  if (type === "f32" && c === undefined) return simplifyFloat(fn, a, b);
  return undefined;
}

function isConversion(fn: ScalarFn): boolean {
  return fn === "to_f32" || fn === "to_i32" || fn === "to_u32" || fn === "to_bool";
}

function simplifyConversion(fn: ScalarFn, x: Expr): Expr | undefined {
  if (`to_${x.type}` === fn) return x;
  if (fn === "to_i32" && x.kind === "call" && x.fn === "to_f32" && x.args[0]?.type === "i32") {
    return isWithin(rangeOf(x), -16777216, 16777216) ? x.args[0] : undefined;
  }
  return undefined;
}

function simplifyInteger(fn: ScalarFn, a: Expr, b: Expr | undefined): Expr | undefined {
  const left = integerFormOf(a);
  if (fn === "neg") return exprOfForm(scaleForm(left, -1));
  if (b === undefined) return undefined;
  switch (fn) {
    case "add":
      return exprOfForm(addForms(left, integerFormOf(b)));
    case "sub":
      return exprOfForm(addForms(left, scaleForm(integerFormOf(b), -1)));
    case "mul":
      if (b.kind === "constant") return exprOfForm(scaleForm(left, b.value));
      if (a.kind === "constant") return exprOfForm(scaleForm(integerFormOf(b), a.value));
      return undefined;
    case "div":
      return isPositive(b) ? exprOfForm(divideForm(left, b.value)) : undefined;
    case "mod":
      return isPositive(b) ? exprOfForm(moduloForm(left, b.value)) : undefined;
    default:
      return undefined;
  }
}

function simplifyBounds(fn: ScalarFn, args: readonly Expr[], type: ScalarType): Expr | undefined {
  const [a, b, c] = args;
  if (a === undefined || b === undefined) return undefined;
  if (isSameExpr(a, b) && fn !== "clamp") return a;
  // A float may be NaN, which no range shows.
  if (type === "f32") return undefined;
  const [left, right] = [rangeOf(a), rangeOf(b)];
  if (fn === "min") return left.max <= right.min ? a : right.max <= left.min ? b : undefined;
  if (fn === "max") return left.min >= right.max ? a : right.min >= left.max ? b : undefined;
  if (c === undefined) return undefined;
  const high = rangeOf(c);
  return left.min >= right.max && left.max <= high.min ? a : undefined;
}

function simplifyTruth(fn: ScalarFn, a: Expr, b: Expr | undefined): Expr | undefined {
  if (fn === "not") {
    return a.kind === "call" && a.fn === "not" ? a.args[0] : undefined;
  }
  if (b === undefined) return undefined;
  if (fn === "and" || fn === "or") {
    const neutral = fn === "and" ? 1 : 0;
    if (a.kind === "constant") return a.value === neutral ? b : a;
    if (b.kind === "constant") return b.value === neutral ? a : b;
    return isSameExpr(a, b) ? a : undefined;
  }
  return a.type === "i32" ? simplifyComparison(fn, a, b) : undefined;
}

function simplifyComparison(fn: ScalarFn, a: Expr, b: Expr): Expr | undefined {
  const difference = addForms(integerFormOf(a), scaleForm(integerFormOf(b), -1));
  const { min, max } = rangeOfForm(difference);
  const decide = (isTrue: boolean, isFalse: boolean): Expr | undefined =>
    isTrue ? boolConstant(true) : isFalse ? boolConstant(false) : undefined;
  switch (fn) {
    case "lt":
      return decide(max < 0, min >= 0);
    case "le":
      return decide(max <= 0, min > 0);
    case "gt":
      return decide(min > 0, max <= 0);
    case "ge":
      return decide(min >= 0, max < 0);
    case "eq":
      return decide(min === 0 && max === 0, min > 0 || max < 0);
    case "ne":
      return decide(min > 0 || max < 0, min === 0 && max === 0);
    default:
      return undefined;
  }
}

function simplifyFloat(fn: ScalarFn, a: Expr, b: Expr | undefined): Expr | undefined {
  if (fn === "neg") return a.kind === "call" && a.fn === "neg" ? a.args[0] : undefined;
  if (b === undefined) return undefined;
  switch (fn) {
    case "add":
      return isConstant(a, 0) ? b : isConstant(b, 0) ? a : undefined;
    case "sub":
      return isConstant(b, 0) ? a : undefined;
    case "mul":
      return isConstant(a, 1) ? b : isConstant(b, 1) ? a : undefined;
    case "div":
      return isConstant(b, 1) ? a : undefined;
    case "pow":
      return simplifyPower(a, b);
    default:
      return undefined;
  }
}

/** WGSL's `pow` knows no negative base; small whole exponents are products and exact in sign. */
function simplifyPower(x: Expr, exponent: Expr): Expr | undefined {
  if (exponent.kind !== "constant") return undefined;
  const times = (a: Expr, b: Expr): Expr => call("mul", [a, b], "f32");
  switch (exponent.value) {
    case 0:
      return floatConstant(1);
    case 1:
      return x;
    case 2:
      return times(x, x);
    case 3:
      return times(times(x, x), x);
    case 4:
      return times(times(x, x), times(x, x));
    case 0.5:
      return call("sqrt", [x], "f32");
    case -0.5:
      return call("rsqrt", [x], "f32");
    case -1:
      return call("div", [floatConstant(1), x], "f32");
    case -2:
      return call("div", [floatConstant(1), times(x, x)], "f32");
    default:
      return undefined;
  }
}

function isPositive(expr: Expr): expr is Extract<Expr, { kind: "constant" }> {
  return expr.kind === "constant" && expr.value > 0;
}

function isConstant(expr: Expr, value: number): boolean {
  return expr.kind === "constant" && expr.value === value;
}
