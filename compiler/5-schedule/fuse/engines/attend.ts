import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import { axesOf } from "../../../ops/build/type-rules.ts";
import { attendOperands } from "../../../ops/families/attending.ts";
import type { FusedEngine } from "./fused-engine.ts";

export const fusedAttend: FusedEngine<"attend"> = {
  joins: "chains",
  reusesInputs: true,
  open({ group: { head }, loopsOf, openLoops, withLoops, element }) {
    const { query, key, values: value, mask, bias } = attendOperands(head);
    const { scale, cap } = head.attrs;
    invariant(typeof scale === "number", "attention needs a scale");
    const inner = axesOf(head.attrs, "inner");
    const result = head.type.axes;
    const isOf = (operand: Value) => (axis: Axis) => operand.type.axes.includes(axis);
    const valueAxes = result.filter((axis) => isOf(value)(axis) && !isShared(axis, head, inner));
    const batch = result.filter((axis) => isOf(key)(axis) && !valueAxes.includes(axis));
    const queries = result.filter((axis) => !batch.includes(axis) && !valueAxes.includes(axis));
    const keys = openLoops(axesOf(head.attrs, "keys"));
    // The inner axis may also be an axis of the values: it then is a loop of its own in each product.
    const products = withLoops(inner, (loops) => ({
      inner: loops,
      query: element(query),
      key: element(key),
    }));
    return {
      kind: "attend",
      batch: loopsOf(batch),
      queries: loopsOf(queries),
      keys,
      ...products,
      valueAxes: loopsOf(valueAxes),
      value: element(value),
      mask: mask && element(mask),
      ...(bias && { bias: element(bias) }),
      scale,
      ...(typeof cap === "number" && { cap }),
    };
  },
};

/** An axis of the values that queries and keys have too, and not as the one that is summed. */
function isShared(axis: Axis, head: Value, inner: readonly Axis[]): boolean {
  const [query, key] = head.inputs;
  if (inner.includes(axis)) return false;
  return [query, key].some((operand) => operand?.type.axes.includes(axis));
}
