import type { ScalarFn, ScalarType } from "../../../ir/kernel/kernel.ts";
import { literal } from "../writer/literals.ts";
import { bare, typeName, type Width } from "../writer/value-types.ts";
import type { CalledFunctions } from "./called-functions.ts";

/** One call of the kernel form, with what its text may depend on. */
export interface CallShape {
  readonly fn: ScalarFn;
  readonly type: ScalarType;
  readonly argType: ScalarType;
  readonly width: Width;
  /** For an integer division: the divisor where it is constant, and whether the dividend is never negative. */
  readonly divisor: number | undefined;
  readonly isNeverNegative: boolean;
}

/** The WGSL text of a call over the texts of its arguments, all of one width. */
export function callText(
  shape: CallShape,
  args: readonly string[],
  functions: CalledFunctions,
): string {
  const [a = "", b = "", c = ""] = args;
  const list = args.map(bare).join(", ");
  const { fn, type, argType, width } = shape;
  switch (fn) {
    case "add":
    case "sub":
    case "mul":
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "and":
    case "or":
      return `(${a} ${operators[fn]} ${b})`;
    case "div":
      if (argType === "i32") return integerDivision(shape, a, b, functions);
      return `(${a} / ${b})`;
    case "mod":
      if (argType === "i32") return integerRemainder(shape, a, b, functions);
      if (argType === "u32") return `(${a} % ${b})`;
      return `${functions.use("floor_mod", width)}(${list})`;
    case "neg":
      return argType === "u32" ? `(0u - ${a})` : `(-${a})`;
    case "not":
      return `(!${a})`;
    case "min":
    case "max":
    case "abs":
    case "floor":
    case "exp":
    case "sqrt":
    case "fma":
    case "log":
      return `${fn}(${list})`;
    case "clamp":
      // Unlike WGSL's, ours is defined where the bounds cross.
      return `min(max(${a}, ${b}), ${c})`;
    case "rsqrt":
      return `inverseSqrt(${list})`;
    case "tanh":
      // Beyond 15 the result is 1 in f32, and some drivers overflow there.
      return `tanh(clamp(${a}, ${splat("-15.0", width)}, ${splat("15.0", width)}))`;
    case "pow":
      return `${functions.use("power", width)}(${list})`;
    case "sin":
    case "cos":
    case "erf":
    case "erf_inv":
    case "uniform":
      return `${functions.use(fn, width)}(${list})`;
    case "to_f32":
    case "to_i32":
    case "to_u32":
    case "to_bool":
      return type === argType ? a : `${typeName(type, width)}(${list})`;
    case "round_f16":
    case "round_bf16":
      return `${functions.use(fn, width)}(${list})`;
  }
}

const operators = {
  add: "+",
  sub: "-",
  mul: "*",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  and: "&",
  or: "|",
} as const;

function integerDivision(
  shape: CallShape,
  a: string,
  b: string,
  functions: CalledFunctions,
): string {
  const { divisor, isNeverNegative, width } = shape;
  if (divisor === undefined || divisor <= 0 || !isNeverNegative) {
    const shift = divisor === undefined ? undefined : powerOfTwo(divisor);
    // An arithmetic shift rounds down, which is what this division does.
    if (shift !== undefined) return `(${a} >> ${splat(`${shift}u`, width, "u32")})`;
    return `${functions.use("floor_div_i32", width)}(${a}, ${b})`;
  }
  const shift = powerOfTwo(divisor);
  if (shift !== undefined) return `(${a} >> ${splat(`${shift}u`, width, "u32")})`;
  const unsigned = typeName("u32", width);
  return `${typeName("i32", width)}(${unsigned}(${a}) / ${literal(divisor, "u32")})`;
}

function integerRemainder(
  shape: CallShape,
  a: string,
  b: string,
  functions: CalledFunctions,
): string {
  const { divisor, isNeverNegative, width } = shape;
  if (divisor !== undefined && powerOfTwo(divisor) !== undefined) {
    return `(${a} & ${splat(`${divisor - 1}`, width, "i32")})`;
  }
  if (divisor === undefined || divisor <= 0 || !isNeverNegative) {
    return `${functions.use("floor_mod_i32", width)}(${a}, ${b})`;
  }
  const unsigned = typeName("u32", width);
  return `${typeName("i32", width)}(${unsigned}(${a}) % ${literal(divisor, "u32")})`;
}

function splat(code: string, width: Width, type: ScalarType = "f32"): string {
  return width === 1 ? code : `${typeName(type, width)}(${code})`;
}

function powerOfTwo(value: number): number | undefined {
  const exponent = Math.log2(value);
  return Number.isInteger(exponent) && exponent >= 0 ? exponent : undefined;
}
