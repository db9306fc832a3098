import { called, operator, type WgslCall } from "./wgsl-call.ts";

/** Division of integers that rounds down, where WGSL's rounds towards 0; by 0 it gives 0. */
export function divisionText(call: WgslCall): string {
  const { args, constants, operands, splat } = call;
  const [, b] = args;
  const text = operands === "u32" ? operator("/")(call) : signedDivision(call);
  if (constants[1] !== undefined) return text;
  const zero = splat(operands === "u32" ? "0u" : "0", operands);
  return `select(${text}, ${zero}, ${b} == ${zero})`;
}

function signedDivision(call: WgslCall): string {
  const { args, isNeverNegative, splat, types } = call;
  const [a, b] = args;
  const divisor = call.constants[1];
  const shift = divisor === undefined ? undefined : powerOfTwo(divisor);
  // An arithmetic shift rounds down, which is what this division does.
  if (shift !== undefined) return `(${a} >> ${splat(`${shift}u`, "u32")})`;
  if (divisor === undefined || divisor <= 0 || !isNeverNegative) {
    return floorDivision({ ...call, list: `${a}, ${b}` });
  }
  return `${types.i32}(${types.u32}(${a}) / ${divisor}u)`;
}

/** Its remainder, which has the sign of the divisor. */
export function remainderText(call: WgslCall): string {
  const { args, isNeverNegative, splat, types } = call;
  const [a, b] = args;
  const divisor = call.constants[1];
  if (divisor !== undefined && powerOfTwo(divisor) !== undefined) {
    return `(${a} & ${splat(`${divisor - 1}`, "i32")})`;
  }
  if (divisor === undefined || divisor <= 0 || !isNeverNegative) {
    return floorRemainder({ ...call, list: `${a}, ${b}` });
  }
  return `${types.i32}(${types.u32}(${a}) % ${divisor}u)`;
}

const floorDivision = called("floor_div_i32", (name, { i32: type }) =>
  [
    `fn ${name}(a: ${type}, b: ${type}) -> ${type} {`,
    "  let quotient = a / b;",
    `  let isInexact = (a % b != ${type}(0)) & ((a < ${type}(0)) != (b < ${type}(0)));`,
    `  return quotient - select(${type}(0), ${type}(1), isInexact);`,
    "}",
  ].join("\n"),
);

const floorRemainder = called("floor_mod_i32", (name, { i32: type }) =>
  [
    `fn ${name}(a: ${type}, b: ${type}) -> ${type} {`,
    "  let rest = a % b;",
    `  return rest + select(${type}(0), b, (rest != ${type}(0)) & ((rest < ${type}(0)) != (b < ${type}(0))));`,
    "}",
  ].join("\n"),
);

function powerOfTwo(value: number): number | undefined {
  const exponent = Math.log2(value);
  return Number.isInteger(exponent) && exponent >= 0 ? exponent : undefined;
}
