import type { Axis, Value } from "../../ir/graph/graph.ts";
import { ops } from "../../ops/registry.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";

/**
 * Is each element of `roots` made of elements at the same place, and of single numbers? Several tensors then are
 * updated as one. `axes` are those of the tensors that are updated.
 *
 * @param since what `roots` are made of is looked at as far as it was made after this value
 */
export function isElementwise(
  roots: readonly Value[],
  since: Value,
  axes: readonly Axis[],
): boolean {
  const values = valuesInOrder(roots, (value) => (value.id <= since.id ? [] : value.inputs));
  return values.every((value) => {
    if (value.id <= since.id) return true;
    const lowering = ops.get(value.op)?.lowering;
    if (lowering?.kind === "storage") return true;
    const isWide = [value, ...value.inputs].some(({ type }) => type.axes.length > 0);
    return (
      !isWide ||
      (lowering?.kind === "element" &&
        !lowering.isView &&
        value.type.axes.length === axes.length &&
        value.type.axes.every((axis) => axes.includes(axis)) &&
        value.inputs.some(({ type }) => type.axes.length > 0))
    );
  });
}
