import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Attrs, Axis, TensorType, Value } from "../../../ir/graph/graph.ts";
import { axesOf, unionAxes, withoutAxes } from "../../build/type-rules.ts";

/** What the operations of an attention take: those of the way back have three inputs more, behind the values. */
interface AttendOperands<T> {
  readonly query: T;
  readonly key: T;
  readonly values: T;
  readonly mask: T | undefined;
  readonly bias: T | undefined;
  /** The gradient of the result, the logarithm of each row's sum, and the result or the delta made of it. */
  readonly back: readonly T[];
}

const backward: ReadonlySet<string> = new Set([
  "attend_back_query",
  "attend_delta",
  "attend_back_key",
  "attend_back_value",
]);

/** The inputs of such a value by what they are. */
export function attendOperands({
  op,
  inputs,
}: Pick<Value, "op" | "inputs">): AttendOperands<Value> {
  return operandsAmong(inputs, ({ type }) => type, backward.has(op));
}

/** The same for anything that has a type; a mask has booleans, a bias floats. */
export function operandsAmong<T>(
  inputs: readonly T[],
  typeOf: (input: T) => TensorType,
  isBack: boolean,
): AttendOperands<T> {
  const [query, key, values, ...rest] = inputs;
  invariant(
    query !== undefined && key !== undefined && values !== undefined,
    "attend needs query, key and values",
  );
  const [back, masks] = isBack ? [rest.slice(0, 3), rest.slice(3)] : [[], rest];
  const isMask = (input: T): boolean => typeOf(input).element === "bool";
  const bias = masks.find((input) => !isMask(input));
  return { query, key, values, mask: masks.find(isMask), bias, back };
}

/** The axes of an attention by what they do. */
export interface AttendAxes {
  /** Of queries and keys. */
  readonly batch: readonly Axis[];
  readonly queries: readonly Axis[];
  readonly keys: readonly Axis[];
  readonly inner: readonly Axis[];
  /** Of the values alone. */
  readonly valueAxes: readonly Axis[];
}

/** `attrs.axes` are those of the attention's result. */
export function attendAxes(
  {
    query,
    key,
    values,
  }: Pick<AttendOperands<{ readonly type: TensorType }>, "query" | "key" | "values">,
  attrs: Attrs,
): AttendAxes {
  const [keys, inner, result] = [
    axesOf(attrs, "keys"),
    axesOf(attrs, "inner"),
    axesOf(attrs, "axes"),
  ];
  const isOf = (operand: { readonly type: TensorType }, axis: Axis): boolean =>
    operand.type.axes.includes(axis);
  // An axis of the values that queries and keys have too, and not as the one that is summed, is shared.
  const isShared = (axis: Axis): boolean =>
    !inner.includes(axis) && (isOf(query, axis) || isOf(key, axis));
  const valueAxes = result.filter((axis) => isOf(values, axis) && !isShared(axis));
  const batch = result.filter((axis) => isOf(key, axis) && !valueAxes.includes(axis));
  const queries = result.filter((axis) => !batch.includes(axis) && !valueAxes.includes(axis));
  return { batch, queries, keys, inner, valueAxes };
}

/** Axes of the scores: everything of query, key, mask and bias but what is contracted. */
export function scoreAxes(inputs: readonly TensorType[], attrs: Attrs): readonly Axis[] {
  const [query, key, , ...masks] = inputs;
  invariant(query !== undefined && key !== undefined, "attend needs query and key");
  const contracted = unionAxes([query.axes, key.axes]);
  const products = withoutAxes(contracted, axesOf(attrs, "inner"));
  return unionAxes([products, ...masks.map(({ axes }) => axes)]);
}
