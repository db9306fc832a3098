import { InternalError } from "../../../diagnostics/internal-error.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { Combine } from "../../../ir/kernel/loops.ts";
import type { CalledFunctions } from "../functions/called-functions.ts";
import { literal } from "../writer/literals.ts";
import { typeName, type Width } from "../writer/value-types.ts";

/**
 * What the numbers of a reduction are gathered as. The largest and the least float are looked for among
 * whole numbers in the same order, with NaN beyond all of them: WGSL has no literal for an infinity, lets
 * compilers assume that there is none, and drivers drop NaN in `max` and `min`.
 */
export function gatheredType(combine: Combine, type: ScalarType): ScalarType {
  return isExtreme(combine) && type === "f32" ? "i32" : type;
}

function isExtreme(combine: Combine): combine is "max" | "min" {
  return combine === "max" || combine === "min";
}

/** An element as it is gathered. */
export function gathered(
  combine: Combine,
  type: ScalarType,
  text: string,
  width: Width,
  functions: CalledFunctions,
): string {
  if (gatheredType(combine, type) === type) return text;
  return `${functions.use(combine === "max" ? "rank_for_max" : "rank_for_min", width)}(${text})`;
}

/** What was gathered as what it stands for. */
export function found(
  combine: Combine,
  type: ScalarType,
  text: string,
  functions: CalledFunctions,
): string {
  if (gatheredType(combine, type) === type) return text;
  return `${functions.use("value_of_rank", 1)}(${text})`;
}

/** What a reduction starts from: the value that changes nothing. */
export function neutral(combine: Combine, type: ScalarType, width: Width): string {
  const value = literal(neutralNumber(combine, type), type);
  return width === 1 ? value : `${typeName(type, 4)}(${value})`;
}

function neutralNumber(combine: Combine, type: ScalarType): number {
  if (!isExtreme(combine)) return combine === "sum" ? 0 : 1;
  const isMax = combine === "max";
  switch (type) {
    case "f32":
      throw new InternalError(`the ${combine} of floats is gathered as whole numbers`);
    case "i32":
      return isMax ? -2147483648 : 2147483647;
    case "u32":
      return isMax ? 0 : 4294967295;
    case "bool":
      return isMax ? 0 : 1;
  }
}

export function combined(combine: Combine, a: string, b: string): string {
  return isExtreme(combine) ? `${combine}(${a}, ${b})` : `${a} ${operators[combine]} ${b}`;
}

/** The four lanes of a vector combined into one, in a fixed order. */
export function combinedLanes(combine: Combine, vector: string): string {
  const [x, y, z, w] = ["x", "y", "z", "w"].map((lane) => `${vector}.${lane}`);
  const [front, back] = [combined(combine, x ?? "", y ?? ""), combined(combine, z ?? "", w ?? "")];
  return isExtreme(combine)
    ? combined(combine, front, back)
    : combined(combine, `(${front})`, `(${back})`);
}

const operators = { sum: "+", product: "*" } as const;

export const subgroupFunction: Readonly<Record<Combine, string>> = {
  sum: "subgroupAdd",
  product: "subgroupMul",
  max: "subgroupMax",
  min: "subgroupMin",
};
