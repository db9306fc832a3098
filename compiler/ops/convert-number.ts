import type { ElementType } from "../ir/graph/graph.ts";
import { isFloat } from "./build/type-rules.ts";

/** What a conversion does to a number. Rounding to a float type is left to storage. */
export function convertNumber(x: number, from: ElementType, to: ElementType): number {
  switch (to) {
    case "i32":
      return Math.min(Math.max(Math.trunc(x), -2147483648), 2147483647);
    case "u32":
      // Integers keep their bits, as WGSL has it; floats stop at the ends of the range.
      return isFloat(from) ? Math.min(Math.max(Math.trunc(x), 0), 4294967295) : x >>> 0;
    case "bool":
      return Number(x !== 0);
    default:
      return x;
  }
}
