import { call, intConstant } from "./expr.ts";
import type { Expr } from "./expr-form.ts";
import { integerFormOf } from "./integer-form.ts";

/** One digit of a loop axis in a mixed radix: `(axis div divisor) mod size`. */
interface Digit {
  readonly axis: number;
  readonly divisor: number;
  readonly size: number;
  /** Which position it is part of, and with what weight. */
  readonly position: number;
  readonly stride: number;
}

interface AxisExtent {
  readonly axis: number;
  readonly extent: number;
}

/**
 * Reads positions as a relabelling of loop axes: every axis falls into digits, and every position is put
 * together from digits without gap or overlap. That is exactly what renaming, splitting, merging and
 * reordering do. The answer gives each axis as an expression of the positions; `undefined` where the map
 * is no such bijection between `axes` and positions below `extents`.
 */
export function invertPositions(
  positions: readonly Expr[],
  extents: readonly number[],
  axes: readonly AxisExtent[],
  targets: readonly Expr[],
): ReadonlyMap<number, Expr> | undefined {
  const plain = invertPlain(positions, extents, axes, targets);
  if (plain !== undefined) return plain;
  const digits: Digit[] = [];
  for (const [n, position] of positions.entries()) {
    const found = digitsOf(position, n);
    if (found === undefined || !fills(found, "stride", extents[n] ?? 1)) return undefined;
    digits.push(...found);
  }
  const inverse = new Map<number, Expr>();
  for (const { axis, extent } of axes) {
    const own = digits.filter((digit) => digit.axis === axis);
    if (!fills(own, "divisor", extent)) return undefined;
    inverse.set(axis, recompose(own, targets));
  }
  const known = new Set(axes.map(({ axis }) => axis));
  return digits.every((digit) => known.has(digit.axis)) ? inverse : undefined;
}

/** Are these positions, over these loop axes, every place of the shape exactly once? */
export function coversOnce(
  positions: readonly Expr[],
  shape: readonly number[],
  axes: readonly AxisExtent[],
): boolean {
  if (shape.includes(0)) return axes.some(({ extent }) => extent === 0);
  return invertPositions(positions, shape, axes, positions) !== undefined;
}

/** The common case, every position an axis of its own: nothing has to be taken apart. */
function invertPlain(
  positions: readonly Expr[],
  extents: readonly number[],
  axes: readonly AxisExtent[],
  targets: readonly Expr[],
): ReadonlyMap<number, Expr> | undefined {
  const inverse = new Map<number, Expr>();
  for (const [n, position] of positions.entries()) {
    if (position.kind === "constant" && position.value === 0 && extents[n] === 1) continue;
    if (position.kind !== "axis" || position.extent !== extents[n] || inverse.has(position.axis)) {
      return undefined;
    }
    inverse.set(position.axis, targets[n] ?? position);
  }
  const used = inverse.size;
  let found = 0;
  for (const { axis, extent } of axes) {
    if (inverse.has(axis)) found++;
    else if (extent === 1) inverse.set(axis, intConstant(0));
    else return undefined;
  }
  return found === used ? inverse : undefined;
}

/** Lowest digit first, each starts where the one before it ends, and together they count to `extent`. */
function fills(digits: Digit[], weight: "stride" | "divisor", extent: number): boolean {
  digits.sort((a, b) => a[weight] - b[weight]);
  let next = 1;
  for (const digit of digits) {
    if (digit[weight] !== next) return false;
    next *= digit.size;
  }
  return next === extent;
}

function digitsOf(position: Expr, place: number): Digit[] | undefined {
  const form = integerFormOf(position);
  if (form.constant !== 0) return undefined;
  const digits: Digit[] = [];
  for (const { atom, coefficient } of form.terms) {
    const digit = digitOf(atom);
    if (digit === undefined) return undefined;
    digits.push({ ...digit, position: place, stride: coefficient });
  }
  return digits;
}

function digitOf(atom: Expr): Pick<Digit, "axis" | "divisor" | "size"> | undefined {
  if (atom.kind === "axis") return { axis: atom.axis, divisor: 1, size: atom.extent };
  if (atom.kind !== "call") return undefined;
  const [inner, by] = atom.args;
  if (inner === undefined || by?.kind !== "constant") return undefined;
  const digit = digitOf(inner);
  if (digit === undefined) return undefined;
  if (atom.fn === "div" && digit.size % by.value === 0) {
    return { axis: digit.axis, divisor: digit.divisor * by.value, size: digit.size / by.value };
  }
  if (atom.fn === "mod" && digit.size % by.value === 0) {
    return { axis: digit.axis, divisor: digit.divisor, size: by.value };
  }
  return undefined;
}

function recompose(digits: readonly Digit[], targets: readonly Expr[]): Expr {
  let total: Expr = intConstant(0);
  for (const { position, stride, size, divisor } of digits) {
    const target = targets[position] ?? intConstant(0);
    const shifted = call("div", [target, intConstant(stride)], "i32");
    const digit = call("mod", [shifted, intConstant(size)], "i32");
    total = call("add", [total, call("mul", [digit, intConstant(divisor)], "i32")], "i32");
  }
  return total;
}
