import type { Axis, Value } from "../../ir/graph/graph.ts";

/** The same axes, in any order. */
export function isSameSet(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis) => b.includes(axis));
}

/** Do two operations take the same operands in the same way? */
export function isSameWork(a: Value, b: Value): boolean {
  const isSame = (one: unknown, two: unknown): boolean =>
    Array.isArray(one) && Array.isArray(two)
      ? one.length === two.length && one.every((own, n) => own === two[n])
      : one === two;
  return (
    isSame(a.inputs, b.inputs) &&
    Object.keys(a.attrs).length === Object.keys(b.attrs).length &&
    Object.entries(a.attrs).every(([name, own]) => isSame(own, b.attrs[name]))
  );
}

/** The axes in the order in which a value has them. */
export function orderLike(value: Value | undefined, axes: readonly Axis[]): readonly Axis[] {
  return value === undefined ? axes : value.type.axes.filter((axis) => axes.includes(axis));
}

/** How messages about groups call a value. */
export function describe(value: Value): string {
  const { origin } = value;
  const path = origin.kind === "source" ? origin.path : "";
  return path === "" ? `\`${value.op}\`` : `\`${value.op}\` of ${path}`;
}
