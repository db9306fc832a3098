import { invariant } from "../../../diagnostics/internal-error.ts";
import type { ScalarType } from "../../../ir/expr/scalar-types.ts";

/** The largest finite f32; its negative is "lowest", which masks use instead of an infinity. */
export const largestFloat = 3.4028234663852886e38;

/** A constant as WGSL text that reads back as the same value. */
export function literal(value: number, type: ScalarType): string {
  switch (type) {
    case "f32":
      return floatLiteral(value);
    case "i32":
      // The magnitude of the least i32 is no i32, so it cannot stand behind a minus sign.
      return value === -2147483648 ? "i32(-2147483648)" : `${Math.trunc(value)}`;
    case "u32":
      return `${Math.trunc(value) >>> 0}u`;
    case "bool":
      return value === 0 ? "false" : "true";
  }
}

function floatLiteral(value: number): string {
  invariant(!Number.isNaN(value), "a kernel holds the constant NaN");
  const limited = Math.min(Math.max(value, -largestFloat), largestFloat);
  const single = Math.fround(limited);
  const short = Number(single.toPrecision(9));
  const isShortExact = Math.abs(short) <= largestFloat && Math.fround(short) === single;
  const text = `${isShortExact ? shortest(single) : single}`;
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** The fewest digits that still round to the same f32. */
function shortest(single: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.abs(candidate) <= largestFloat && Math.fround(candidate) === single) return candidate;
  }
  return Number(single.toPrecision(9));
}
