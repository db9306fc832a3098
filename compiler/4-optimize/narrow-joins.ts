import type { Value } from "../ir/graph/graph.ts";
import { constant, index, less, where } from "../ops/build/build.ts";
import { concat, reorder, stack } from "../ops/build/build-movement.ts";
import { segmentStart } from "../ops/build/join-layout.ts";
import { axisOf } from "../ops/build/type-rules.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/** So many tensors and a result can be bound on every device, with room for what reads the join. */
const mostParts = 5;

/**
 * A join of many tensors would need all of them in one kernel, and devices bind few. It becomes a choice
 * between a join of the first half and one of the second, zeros elsewhere, of which fusion may store each.
 */
export const narrowJoins: GraphPass = {
  name: "narrow-joins",
  summary: "split joins and stacks of many tensors in halves",
  run: (graph, context) =>
    rewriteGraph(graph, "narrow-joins", context, (value) =>
      value.op === "concat" || value.op === "stack" ? narrowed(value, value, context) : value,
    ),
};

function narrowed(value: Value, original: Value, context: PassContext): Value {
  const { build, extent } = context;
  const { inputs } = value;
  const filled = [...inputs.keys()].filter((n) => inputs[n]?.op !== "constant");
  const middle = filled[Math.ceil(filled.length / 2)];
  if (filled.length <= mostParts || middle === undefined) return value;
  const origin = derivedBy("narrow-joins", original);
  const zero = constant(build, 0, value.type.element, origin);
  const axis = axisOf(value.attrs, "axis");
  const half = (isHere: (n: number) => boolean): Value => {
    const parts = inputs.map((input, n) => (isHere(n) ? input : zero));
    const join = value.op === "concat" ? concat : stack;
    return narrowed(join(build, parts, axis, origin), original, context);
  };
  const start = value.op === "concat" ? segmentStart(axis, middle, extent) : middle;
  const isFirst = less(
    build,
    index(build, axis, origin),
    constant(build, start, "i32", origin),
    origin,
  );
  const chosen = where(
    build,
    isFirst,
    half((n) => n < middle),
    half((n) => n >= middle),
    origin,
  );
  return reorder(build, chosen, value.type.axes, origin);
}
