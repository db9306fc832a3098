import type { Expr, ScalarFn, ScalarType } from "./kernel.ts";

/**
 * Constructors of kernel expressions. They simplify as they build: constants fold, and integer index
 * arithmetic is reduced with the known ranges of its parts, so that composing views leaves no trace.
 */
export function intConstant(value: number): Expr {
  return { kind: "constant", type: "i32", value };
}

export function floatConstant(value: number): Expr {
  return { kind: "constant", type: "f32", value };
}

export function boolConstant(value: boolean): Expr {
  return { kind: "constant", type: "bool", value: value ? 1 : 0 };
}

export function axisIndex(axis: number, extent: number): Expr {
  return extent === 1 ? intConstant(0) : { kind: "axis", axis, extent, type: "i32" };
}

/** `type` is the type of the result; operands of one call have one type. */
export function call(fn: ScalarFn, args: readonly Expr[], type: ScalarType): Expr {
  return { kind: "call", fn, args, type };
}

export function select(condition: Expr, then: Expr, otherwise: Expr): Expr {
  return { kind: "select", condition, then, otherwise, type: then.type };
}
