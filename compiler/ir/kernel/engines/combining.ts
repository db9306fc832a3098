import type { ScalarType } from "../../expr/scalar-types.ts";
import { functionRecord } from "../../scalar-functions/scalar-functions.ts";
import type { Combine } from "../loops.ts";

/** What combines two numbers, and the number that changes nothing. */
interface Combining {
  readonly fn: "add" | "mul" | "max" | "min";
  readonly start: number;
}

const combinings: Readonly<Record<Combine, Combining>> = {
  sum: { fn: "add", start: 0 },
  product: { fn: "mul", start: 1 },
  max: { fn: "max", start: Number.NEGATIVE_INFINITY },
  min: { fn: "min", start: Number.POSITIVE_INFINITY },
};

export function neutralOf(combine: Combine): number {
  return combinings[combine].start;
}

/** Two numbers of a type as one; whole numbers wrap around. */
export function joinOf(combine: Combine, type: ScalarType): (a: number, b: number) => number {
  const { meaning, wholeMeaning } = functionRecord(combinings[combine].fn);
  if (type === "f32" || wholeMeaning === undefined) return meaning;
  return type === "u32" ? (a, b) => wholeMeaning(a, b) >>> 0 : wholeMeaning;
}
