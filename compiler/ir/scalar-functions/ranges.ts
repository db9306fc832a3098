import type { ScalarType } from "../expr/scalar-types.ts";

/** All values that an expression can have lie in `min..max`, both included; NaN is not counted. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const anything: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

export function rangeOfType(type: ScalarType): Range {
  switch (type) {
    case "bool":
      return { min: 0, max: 1 };
    case "i32":
      return { min: -2147483648, max: 2147483647 };
    case "u32":
      return { min: 0, max: 4294967295 };
    case "f32":
      return anything;
  }
}

export function intersect(a: Range, b: Range): Range {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}

/** The range of a function that never falls where its operand rises. */
export function rising(
  compute: (x: number) => number,
): (range: (operand: number) => Range) => Range {
  return (range) => {
    const { min, max } = range(0);
    return { min: compute(min), max: compute(max) };
  };
}

export function product(a: Range, b: Range): Range {
  const corners = [
    times(a.min, b.min),
    times(a.min, b.max),
    times(a.max, b.min),
    times(a.max, b.max),
  ];
  return { min: Math.min(...corners), max: Math.max(...corners) };
}

/** Zero times an unbounded end is zero here: the end is never reached. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

export function quotient(a: Range, b: Range): Range {
  if (b.min !== b.max || b.min <= 0) return rangeOfType("i32");
  return { min: Math.floor(a.min / b.min), max: Math.floor(a.max / b.min) };
}

export function remainder(a: Range, b: Range): Range {
  if (b.min <= 0) return rangeOfType("i32");
  if (a.min >= 0 && a.max < b.min) return a;
  return { min: 0, max: b.max - 1 };
}
