import type { Combine, ScalarType } from "../../../ir/kernel/kernel.ts";
import { largestFloat, literal } from "../writer/literals.ts";
import { typeName, type Width } from "../writer/value-types.ts";

/** What a reduction starts from: the value that changes nothing. */
export function neutral(combine: Combine, type: ScalarType, width: Width): string {
  const value = literal(neutralNumber(combine, type), type);
  return width === 1 ? value : `${typeName(type, 4)}(${value})`;
}

function neutralNumber(combine: Combine, type: ScalarType): number {
  if (combine === "sum") return 0;
  const isMax = combine === "max";
  switch (type) {
    case "f32":
      return isMax ? -largestFloat : largestFloat;
    case "i32":
      return isMax ? -2147483648 : 2147483647;
    case "u32":
      return isMax ? 0 : 4294967295;
    case "bool":
      return isMax ? 0 : 1;
  }
}

export function combined(combine: Combine, a: string, b: string): string {
  return combine === "sum" ? `${a} + ${b}` : `${combine}(${a}, ${b})`;
}

/** The four lanes of a vector combined into one, in a fixed order. */
export function combinedLanes(combine: Combine, vector: string): string {
  const [x, y, z, w] = ["x", "y", "z", "w"].map((lane) => `${vector}.${lane}`);
  if (combine === "sum") return `(${x} + ${y}) + (${z} + ${w})`;
  return `${combine}(${combine}(${x}, ${y}), ${combine}(${z}, ${w}))`;
}

export const subgroupFunction: Readonly<Record<Combine, string>> = {
  sum: "subgroupAdd",
  max: "subgroupMax",
  min: "subgroupMin",
};
