import { invariant } from "../../../diagnostics/internal-error.ts";
import { nodesOf } from "../../../ir/expr/expr-cost.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { axesOf } from "../../../ops/build/type-rules.ts";
import { attendAxes, attendOperands } from "../../../ops/families/attention/attend-operands.ts";
import type { FusedEngine } from "./fused-engine.ts";

export const fusedAttend: FusedEngine<"attend"> = {
  joins: "chains",
  reusesInputs: true,
  gridOf: ({ attrs }) => axesOf(attrs, "axes"),
  resultOf: ({ op }) => (op === "attend_log_sum" ? 1 : 0),
  // Whatever is made of the result stands at each of its columns.
  isPerRow: ({ members }, value) =>
    hasLogSum(members.keys()) &&
    nodesOf([value]).every((node) => node.kind !== "reduced" || node.reduction !== 0),
  open({ group: { head, members }, loopsOf, openLoops, withLoops, element }): Engine<"attend"> {
    const operands = attendOperands(head);
    const { query, key, values, mask, bias } = operands;
    const { scale, cap } = head.attrs;
    invariant(typeof scale === "number", "attention needs a scale");
    const { batch, queries, valueAxes, ...axes } = attendAxes(operands, head.attrs);
    const keys = openLoops(axes.keys);
    // The inner axis may also be an axis of the values: it then is a loop of its own in each product.
    const products = withLoops(axes.inner, (loops) => ({
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
      value: element(values),
      mask: mask && element(mask),
      ...(bias && { bias: element(bias) }),
      scale,
      ...(typeof cap === "number" && { cap }),
      ...(hasLogSum(members.keys()) && { hasLogSum: true }),
    };
  },
};

function hasLogSum(members: Iterable<{ readonly op: string }>): boolean {
  return [...members].some(({ op }) => op === "attend_log_sum");
}
