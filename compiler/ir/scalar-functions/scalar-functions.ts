import type { ScalarType } from "../expr/scalar-types.ts";
import * as arithmetic from "./arithmetic.ts";
import * as bits from "./bits.ts";
import * as classification from "./classification.ts";
import * as comparisons from "./comparisons.ts";
import * as conversions from "./conversions.ts";
import type { Numeric, ScalarFunction } from "./define-function.ts";
import { erf, erf_inv } from "./error-function.ts";
import * as exponentials from "./exponentials.ts";
import * as hyperbolic from "./hyperbolic.ts";
import * as rounding from "./rounding.ts";
import * as trigonometry from "./trigonometry.ts";
import { sample_uniform, uniform } from "./uniform.ts";

/** Every scalar function of the kernel form: whatever differs between functions stands in its record. */
const scalarFunctions = {
  ...arithmetic,
  ...exponentials,
  ...rounding,
  ...trigonometry,
  ...hyperbolic,
  erf,
  erf_inv,
  ...comparisons,
  ...classification,
  ...bits,
  ...conversions,
  uniform,
  sample_uniform,
} as const satisfies Readonly<Record<string, ScalarFunction>>;

type Table = typeof scalarFunctions;

export type ScalarFn = keyof Table;

/** Functions of one operand. */
export type UnaryFn = {
  [Fn in ScalarFn]: Table[Fn] extends { readonly arity: 1 } ? Fn : never;
}[ScalarFn];

/** Functions of one float. */
export type FloatFn = {
  [Fn in UnaryFn]: Table[Fn] extends { readonly operands: "float" } ? Fn : never;
}[UnaryFn];

export const scalarFunctionNames = Object.keys(scalarFunctions) as readonly ScalarFn[];

export function isScalarFn(name: string): name is ScalarFn {
  return Object.hasOwn(scalarFunctions, name);
}

/** The record of a function, without what only its own name tells. */
export function functionRecord(fn: ScalarFn): ScalarFunction {
  return scalarFunctions[fn];
}

/**
 * What a function means in float64; integers are exact. `operands` is the type of the operands.
 */
export function scalarFunction(fn: ScalarFn, operands: ScalarType): Numeric {
  const { meaning, wholeMeaning } = functionRecord(fn);
  if (wholeMeaning === undefined || (operands !== "i32" && operands !== "u32")) return meaning;
  const isUnsigned = resultTypeOf(fn, operands) === "u32";
  return isUnsigned ? (...args) => wholeMeaning(...args) >>> 0 : wholeMeaning;
}

/** The type that a function gives for operands of this type. */
export function resultTypeOf(fn: ScalarFn, operands: ScalarType): ScalarType {
  const { result } = functionRecord(fn);
  return result === "operands" ? operands : result;
}
