import { quote } from "../../../diagnostics/phrase.ts";
import type { Size } from "../../../dims/size.ts";
import {
  functionRecord,
  type ScalarFn,
  scalarFunction,
} from "../../../ir/scalar-functions/scalar-functions.ts";
import type { StaticValue, SurfaceArgument } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { textOf } from "./text-of.ts";

export type StaticOperator = "+" | "-" | "*" | "/" | "div" | "%" | "^" | "min" | "max";

/** A static operand with the place where it stands. */
export interface StaticOperand {
  readonly value: StaticValue;
  readonly argument: SurfaceArgument;
}

/** All operands, where each of them is static. */
export function staticOperands(
  args: readonly SurfaceArgument[],
): readonly StaticOperand[] | undefined {
  const found: StaticOperand[] = [];
  for (const argument of args) {
    if (argument.operand.kind !== "static") return undefined;
    found.push({ value: argument.operand.value, argument });
  }
  return found;
}

/**
 * Arithmetic of static numbers: sizes stay exact and symbolic, an `int` beside a `float` becomes one.
 * `undefined` after a report.
 */
export function staticArithmetic(
  call: CheckedCall,
  operator: StaticOperator,
  left: StaticOperand,
  right: StaticOperand,
): StaticValue | undefined {
  if (left.value.type === "int" && right.value.type === "int") {
    const exponent = call.context.sizes.valueOf(right.value.value);
    if (operator !== "^" || exponent === undefined || exponent >= 0) {
      return countable(call, ofSizes(call, operator, left.value.value, right.value.value));
    }
  }
  const [a, b] = [staticFloat(call, left), staticFloat(call, right)];
  if (a === undefined || b === undefined) return undefined;
  if (a.value === undefined || b.value === undefined) return { type: "float", value: undefined };
  if (operator === "/" && b.value === 0) return divisionByZero(call);
  return { type: "float", value: floatOperators[operator](a.value, b.value) };
}

/** A static number as a float, whose value the generic check may not know. */
export function staticFloat(
  call: CheckedCall,
  { value, argument }: StaticOperand,
): { readonly value: number | undefined } | undefined {
  const { sizes, sink, isPartial } = call.context;
  if (value.type === "float") return { value: value.value };
  if (value.type === "int") {
    const known = sizes.valueOf(value.value);
    if (known !== undefined || isPartial) return { value: known };
    sink.report("size-needed", argument.span, {
      axis: sizes.format(value.value),
      why: `${quote(call.name)} computes with it before the model runs`,
      option: undefined,
    });
    return undefined;
  }
  sink.report("argument-type", argument.span, {
    callee: quote(call.name),
    name: textOf(argument.span),
    needed: "a number",
    found:
      value.type === "lowest"
        ? "`lowest`, which takes the type of a tensor"
        : `a ${quote(value.type)}`,
  });
  return undefined;
}

/** A scalar function of static numbers: of floats in float64, of whole numbers as i32. */
export function staticFunction(
  call: CheckedCall,
  fn: ScalarFn,
  operands: readonly StaticOperand[],
): StaticValue | undefined {
  const record = functionRecord(fn);
  const isWhole = record.operands === "integer";
  const numbers: (number | undefined)[] = [];
  for (const operand of operands) {
    if (isWhole && operand.value.type !== "int") {
      call.context.sink.report("argument-type", operand.argument.span, {
        callee: quote(call.name),
        name: textOf(operand.argument.span),
        needed: "a whole number",
        found: `a ${quote(operand.value.type)}`,
      });
      return undefined;
    }
    const number = staticFloat(call, operand);
    if (number === undefined) return undefined;
    numbers.push(number.value);
  }
  const known = numbers.filter((number) => number !== undefined);
  const value =
    known.length === numbers.length
      ? scalarFunction(fn, isWhole ? "i32" : "f32")(...known)
      : undefined;
  if (record.result === "bool") {
    return { type: "bool", value: value === undefined ? undefined : value !== 0 };
  }
  if (!isWhole) return { type: "float", value };
  const { sizes } = call.context;
  // What the generic check cannot know is some whole number: an unknown of its own.
  return {
    type: "int",
    value: value === undefined ? sizes.variable(textOf(call.span)) : sizes.constant(value),
  };
}

function ofSizes(
  call: CheckedCall,
  operator: StaticOperator,
  a: Size,
  b: Size,
): StaticValue | undefined {
  const { sizes, facts, sink } = call.context;
  const divides = operator === "/" || operator === "div" || operator === "%";
  if (divides && sizes.valueOf(b) === 0) return divisionByZero(call);
  switch (operator) {
    case "+":
      return { type: "int", value: sizes.add(a, b) };
    case "-":
      return { type: "int", value: sizes.subtract(a, b) };
    case "*":
      return { type: "int", value: sizes.multiply(a, b) };
    case "div":
      return { type: "int", value: sizes.floorDivide(a, b, facts) };
    case "%":
      return { type: "int", value: sizes.modulo(a, b, facts) };
    case "^":
      return { type: "int", value: sizes.power(a, b) };
    case "min":
      return { type: "int", value: sizes.min(a, b, facts) };
    case "max":
      return { type: "int", value: sizes.max(a, b, facts) };
    default: {
      const quotient = sizes.divide(a, b, facts);
      if (quotient !== undefined) return { type: "int", value: quotient };
      sink.report("inexact-division", call.span, {
        left: sizes.format(a),
        right: sizes.format(b),
        isKnown: sizes.valueOf(a) !== undefined && sizes.valueOf(b) !== undefined,
      });
      return undefined;
    }
  }
}

/** A whole number beyond those that are exact is none any more. */
function countable(call: CheckedCall, value: StaticValue | undefined): StaticValue | undefined {
  if (value?.type !== "int") return value;
  const known = call.context.sizes.valueOf(value.value);
  const limit = Number.MAX_SAFE_INTEGER;
  if (known === undefined || Math.abs(known) <= limit) return value;
  const params = { what: quote(textOf(call.span)), found: undefined, limit };
  call.context.sink.report("size-too-large", call.span, params);
  return undefined;
}

function divisionByZero(call: CheckedCall): undefined {
  call.context.sink.report("division-by-zero", call.span, { written: textOf(call.span) });
  return undefined;
}

const floatOperators: Record<StaticOperator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  div: (a, b) => Math.floor(a / b),
  "%": (a, b) => a - b * Math.floor(a / b),
  "^": (a, b) => a ** b,
  min: Math.min,
  max: Math.max,
};
