import type { Size } from "../../dims/size.ts";
import type { Axis, ElementType, Origin, TensorType, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import {
  functionRecord,
  type ScalarFn,
  type UnaryFn,
} from "../../ir/scalar-functions/scalar-functions.ts";
import type { Amount } from "./amount.ts";
import { arithmeticType, comparisonType, floatType, typeRuleOf, whereType } from "./type-rules.ts";

type Unary = (build: GraphBuilder, x: Value, origin: Origin) => Value;
type Binary = (build: GraphBuilder, left: Value, right: Value, origin: Origin) => Value;

/** Constructors of values, for gradient rules, passes and surfaces. Operands broadcast. */
export const add = binary("add", arithmeticType);
export const sub = binary("sub", arithmeticType);
export const mul = binary("mul", arithmeticType);
/** Exact for floats; rounds down for integers. */
export const div = binary("div", arithmeticType);
export const mod = binary("mod", arithmeticType);
export const pow = binary("pow", floatType);
/** The smaller of two operands; `minOver` reduces. */
export const minimum = binary("minimum", arithmeticType);
export const maximum = binary("maximum", arithmeticType);

export const neg = unary("neg", arithmeticType);
export const abs = unary("abs", arithmeticType);
export const exp = functionOf("exp");
export const log = functionOf("log");
export const sqrt = functionOf("sqrt");
export const rsqrt = functionOf("rsqrt");
export const sin = functionOf("sin");
export const cos = functionOf("cos");
export const tanh = functionOf("tanh");
export const erf = functionOf("erf");
export const erfInv = functionOf("erf_inv");
export const floor = functionOf("floor");
export const isNan = unary("is_nan", comparisonType);
export const stopGradient = unary("stop_gradient", arithmeticType);

export const equal = binary("equal", comparisonType);
export const notEqual = binary("not_equal", comparisonType);
export const less = binary("less", comparisonType);
export const lessEqual = binary("less_equal", comparisonType);
export const greater = binary("greater", comparisonType);
export const greaterEqual = binary("greater_equal", comparisonType);
export const and = binary("and", comparisonType);
export const or = binary("or", comparisonType);
export const not = unary("not", comparisonType);

export function clamp(
  build: GraphBuilder,
  x: Value,
  low: Value,
  high: Value,
  origin: Origin,
): Value {
  const inputs = [x, low, high];
  return build.value(
    "clamp",
    inputs,
    {},
    arithmeticType(inputs.map((input) => input.type)),
    origin,
  );
}

export function where(
  build: GraphBuilder,
  condition: Value,
  then: Value,
  otherwise: Value,
  origin: Origin,
): Value {
  const inputs = [condition, then, otherwise];
  return build.value("where", inputs, {}, whereType(inputs.map((input) => input.type)), origin);
}

/** The value itself where it has this type already. */
export function convert(
  build: GraphBuilder,
  x: Value,
  element: ElementType,
  origin: Origin,
): Value {
  if (x.type.element === element) return x;
  return build.value("convert", [x], { element }, { element, axes: x.type.axes }, origin);
}

/** Booleans are 0 and 1. `"lowest"` is the least finite number of the type. */
export function constant(
  build: GraphBuilder,
  value: number | "lowest",
  element: ElementType,
  origin: Origin,
): Value {
  return build.value("constant", [], { value, element }, { element, axes: [] }, origin);
}

/** The product of these sizes as a number. */
export function sizeNumber(
  build: GraphBuilder,
  sizes: readonly Size[],
  element: ElementType,
  origin: Origin,
): Value {
  return build.value("size", [], { sizes, element }, { element, axes: [] }, origin);
}

/** A static whole number as i32. */
export function amount(build: GraphBuilder, value: Amount, origin: Origin): Value {
  return typeof value === "number"
    ? constant(build, value, "i32", origin)
    : sizeNumber(build, [value], "i32", origin);
}

export function index(build: GraphBuilder, axis: Axis, origin: Origin): Value {
  return build.value("index", [], { axis }, { element: "i32", axes: [axis] }, origin);
}

/** True where `axis`, a join, is in its segment of this number. */
export function inside(build: GraphBuilder, axis: Axis, segment: number, origin: Origin): Value {
  return build.value("inside", [], { axis, segment }, { element: "bool", axes: [axis] }, origin);
}

/** A number given anew for every run: `seed`, `step`. */
export function immediate(build: GraphBuilder, name: string, origin: Origin): Value {
  return build.value("immediate", [], { name }, { element: "u32", axes: [] }, origin);
}

/** Uniform in [0, 1); two calls with one `stream` draw the same numbers. */
export function uniform(
  build: GraphBuilder,
  axes: readonly Axis[],
  stream: number,
  origin: Origin,
): Value {
  const inputs = [immediate(build, "seed", origin), immediate(build, "step", origin)];
  return build.value("uniform", inputs, { axes, stream }, { element: "f32", axes }, origin);
}

/**
 * Uniform in [0, 1), by the number of the sample: `samples` is u32 along the axis of samples, or one number
 * for what is drawn once for all of them.
 */
export function sampleUniform(
  build: GraphBuilder,
  axes: readonly Axis[],
  stream: number,
  samples: Value,
  origin: Origin,
): Value {
  const inputs = [immediate(build, "seed", origin), immediate(build, "step", origin), samples];
  const type = { element: "f32", axes } as const;
  return build.value("sample_uniform", inputs, { axes, stream }, type, origin);
}

export function parameter(
  build: GraphBuilder,
  path: string,
  type: TensorType,
  origin: Origin,
): Value {
  return build.value(
    "parameter",
    [],
    { path, element: type.element, axes: type.axes },
    type,
    origin,
  );
}

export function state(build: GraphBuilder, path: string, type: TensorType, origin: Origin): Value {
  return build.value("state", [], { path, element: type.element, axes: type.axes }, type, origin);
}

export function input(build: GraphBuilder, name: string, type: TensorType, origin: Origin): Value {
  return build.value("input", [], { name, element: type.element, axes: type.axes }, type, origin);
}

/** An operation that has the name of the scalar function that it applies. */
export function applyFunction(
  fn: ScalarFn,
  build: GraphBuilder,
  inputs: readonly Value[],
  origin: Origin,
): Value {
  const { operands, result } = functionRecord(fn);
  const type = typeRuleOf(operands, result)(inputs.map((input) => input.type));
  return build.value(fn, inputs, {}, type, origin);
}

function functionOf(fn: UnaryFn): Unary {
  return (build, x, origin) => applyFunction(fn, build, [x], origin);
}

type Rule = (inputs: readonly TensorType[]) => TensorType;

function unary(op: string, rule: Rule): Unary {
  return (build, x, origin) => build.value(op, [x], {}, rule([x.type]), origin);
}

function binary(op: string, rule: Rule): Binary {
  return (build, left, right, origin) =>
    build.value(op, [left, right], {}, rule([left.type, right.type]), origin);
}
