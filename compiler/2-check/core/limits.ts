import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "./checker.ts";
import type { GraphMaking, Reporting } from "./contexts.ts";
import { textOf } from "./describe.ts";

/**
 * What one elaboration may unroll: parts made, calls of fns, turns of `repeat` and `for`. A few lines can ask for more
 * than any machine has, by a large number or by parts of parts.
 */
export const mostUnrolled = 65_536;

/** The largest whole number in which nothing is lost, of a size or a setting. */
const largestNumber = Number.MAX_SAFE_INTEGER;
/** Positions are 32-bit numbers on the device. */
const largestAxis = 2 ** 31 - 1;

/** Takes some of what may be unrolled; false where there is not so much, which is told once. */
export function mayUnroll(checker: Checker, span: Span, amount = 1): boolean {
  const { work } = checker;
  if (work.left >= amount) {
    work.left -= amount;
    return true;
  }
  if (!work.isReported) checker.sink.report("unrolls-too-far", span, { limit: mostUnrolled });
  work.isReported = true;
  work.left = 0;
  return false;
}

/** Whether a size can be counted exactly, where it is a number; else that is reported. */
export function isCountable(context: GraphMaking & Reporting, size: Size, span: Span): boolean {
  const known = context.sizes.valueOf(size);
  if (known === undefined || Math.abs(known) <= largestNumber) return true;
  const what = `\`${textOf(span)}\``;
  context.sink.report("size-too-large", span, { what, found: undefined, limit: largestNumber });
  return false;
}

/** Whether an axis of this size can have its positions counted on a device; else that is reported. */
export function fitsAxis(
  context: GraphMaking & Reporting,
  name: string,
  size: Size,
  span: Span,
): boolean {
  const known = context.sizes.valueOf(size);
  if (known === undefined || known <= largestAxis) return true;
  const params = { what: `axis \`${name}\``, found: String(known), limit: largestAxis };
  context.sink.report("size-too-large", span, params);
  return false;
}
