import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import { textOf } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";

/**
 * What one elaboration may unroll: parts made, calls of fns, turns of `repeat` and `for`. A few lines can ask for more
 * than any machine has, by a large number or by parts of parts.
 */
export const mostUnrolled = 65_536;

/** The largest whole number in which nothing is lost, of a size or a setting. */
export const largestNumber = Number.MAX_SAFE_INTEGER;
/** Positions are 32-bit numbers on the device. */
export const largestAxis = 2 ** 31 - 1;

/** Takes some of what may be unrolled; false where there is not so much, which is told once. */
export function mayUnroll(on: Elaboration, span: Span, amount = 1): boolean {
  const { work } = on;
  if (work.left >= amount) {
    work.left -= amount;
    return true;
  }
  if (!work.isToldOver) on.sink.report("unrolls-too-far", span, { limit: mostUnrolled });
  work.isToldOver = true;
  work.left = 0;
  return false;
}

/** Whether a size can be counted exactly, where it is a number; else that is reported. */
export function isCountable(on: Elaboration, size: Size, span: Span): boolean {
  const known = on.sizes.valueOf(size);
  if (known === undefined || Math.abs(known) <= largestNumber) return true;
  const what = `\`${textOf(span)}\``;
  on.sink.report("size-too-large", span, { what, found: undefined, limit: largestNumber });
  return false;
}

/** Whether an axis of this size can have its positions counted on a device; else that is reported. */
export function fitsAxis(on: Elaboration, name: string, size: Size, span: Span): boolean {
  const known = on.sizes.valueOf(size);
  if (known === undefined || known <= largestAxis) return true;
  const params = { what: `axis \`${name}\``, found: String(known), limit: largestAxis };
  on.sink.report("size-too-large", span, params);
  return false;
}
