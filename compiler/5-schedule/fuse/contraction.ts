import type { Axis, Value } from "../../ir/graph/graph.ts";
import { axesOf } from "../../ops/build/type-rules.ts";
import type { GraphFacts } from "./graph-facts.ts";

/** `sum{inner}(left * right)` with its axes by the operands that have them. */
export interface Contraction {
  readonly product: Value;
  readonly left: Value;
  readonly right: Value;
  readonly batch: readonly Axis[];
  readonly rows: readonly Axis[];
  readonly columns: readonly Axis[];
  readonly inner: readonly Axis[];
}

/**
 * Recognises sums of products that are worth an engine of their own: both operands are read many times, or
 * the right one is a weight, which decoding reads once and as fast as memory gives it. A dot product is a
 * row. The right operand is the one with weights, so
 * that columns are what the weights make; without weights it is the one that has the result's last axis.
 */
export function contractionOf(value: Value, facts: GraphFacts): Contraction | undefined {
  const lowering = facts.loweringOf(value);
  if (lowering.kind !== "reduce" || lowering.combine !== "sum" || lowering.isMean) return undefined;
  const [product] = value.inputs;
  const [a, b] = product?.op === "mul" ? product.inputs.map(withoutRepeats) : [];
  if (product === undefined || a === undefined || b === undefined || a === b) return undefined;
  const isRepeated = product.type.axes.some(
    (axis) => !a.type.axes.includes(axis) && !b.type.axes.includes(axis) && facts.extent(axis) > 1,
  );
  if (isRepeated) return undefined;
  if (value.type.element !== "f32" && value.type.element !== "f16") return undefined;
  const summed = axesOf(value.attrs, "axes");
  const only = (own: Value, other: Value): readonly Axis[] =>
    value.type.axes.filter(
      (axis) => own.type.axes.includes(axis) && !other.type.axes.includes(axis),
    );
  const isWide = (axes: readonly Axis[]): boolean => facts.elementCount(axes) > 1;
  if (!isWide(summed)) return undefined;
  const isSwapped = isRight(a, b, value, facts);
  const [left, right] = isSwapped ? [b, a] : [a, b];
  if (!isWide(only(right, left))) return undefined;
  if (!isWide(only(left, right)) && !isWeight(right, facts)) return undefined;
  const ordered = [...right.type.axes, ...left.type.axes].filter((axis) => summed.includes(axis));
  return {
    product,
    left,
    right,
    batch: value.type.axes.filter(
      (axis) => a.type.axes.includes(axis) && b.type.axes.includes(axis),
    ),
    rows: only(left, right),
    columns: only(right, left),
    inner: [...new Set(ordered)],
  };
}

/** What an operand is without axes along which it is only repeated, as gradients of sums are. */
function withoutRepeats(value: Value): Value {
  const [input] = value.inputs;
  const isSame = value.op === "expand" || value.op === "reorder";
  return isSame && input !== undefined ? withoutRepeats(input) : value;
}

/** Should `a`, which was written left, be the right operand? */
function isRight(a: Value, b: Value, value: Value, facts: GraphFacts): boolean {
  const [aIsWeight, bIsWeight] = [isWeight(a, facts), isWeight(b, facts)];
  if (aIsWeight !== bIsWeight) return aIsWeight;
  const last = orderOf(value, facts).findLast((axis) => facts.extent(axis) > 1);
  if (last === undefined) return false;
  return a.type.axes.includes(last) && !b.type.axes.includes(last);
}

/**
 * The axes of a result in order. What is added up piece by piece is made in the order in which the sum is
 * wanted, so that it can lie there from the first piece on.
 */
function orderOf(value: Value, facts: GraphFacts): readonly Axis[] {
  const isOfPiece = axesOf(value.attrs, "axes").some(({ piece }) => piece !== undefined);
  const [reader, ...others] = isOfPiece ? facts.readersOf(value) : [];
  const isReordered = reader?.op === "reorder" && others.length === 0;
  return isReordered ? reader.type.axes : value.type.axes;
}

/** A parameter, perhaps seen through views and conversions. */
function isWeight(value: Value, facts: GraphFacts): boolean {
  if (value.op === "parameter") return true;
  const [input, ...rest] = value.inputs;
  if (input === undefined || rest.length > 0) return false;
  return (facts.isView(value) || value.op === "convert") && isWeight(input, facts);
}
