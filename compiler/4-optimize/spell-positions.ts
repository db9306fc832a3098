import type { Axis, Value } from "../ir/graph.ts";
import { and, constant, convert, equal, greater, index, less, or, where } from "../ops/build.ts";
import { rename, reorder } from "../ops/build-movement.ts";
import { maxOver, minOver, sum } from "../ops/build-reduction.ts";
import { axisOf } from "../ops/type-rules.ts";
import type { Pass, PassContext } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/**
 * `argmax` is the least position of the maximum. `top` counts for every element how many come before it
 * (larger ones, and equal ones further left) and looks up who has which rank. Both are then reductions
 * like others, which row programs compute and fuse.
 */
export const spellPositions: Pass = {
  name: "spell-positions",
  summary: "write argmax and top as comparisons and reductions",
  run: (graph, context) =>
    rewriteGraph(graph, "spell-positions", context, (value) => {
      const [x] = value.inputs;
      if (x === undefined) return value;
      if (value.op === "argmax") return spellArgmax(value, x, context);
      return value.op === "top" ? spellTop(value, x, context) : value;
    }),
};

function spellArgmax(value: Value, x: Value, { build, extent }: PassContext): Value {
  const origin = derivedBy("spell-positions", value);
  const axis = axisOf(value.attrs, "axis");
  const isTop = equal(build, x, maxOver(build, x, [axis], origin), origin);
  const last = constant(build, extent(axis) - 1, "i32", origin);
  const candidates = where(build, isTop, index(build, axis, origin), last, origin);
  return reorder(build, minOver(build, candidates, [axis], origin), value.type.axes, origin);
}

function spellTop(value: Value, x: Value, { build, extent }: PassContext): Value {
  const origin = derivedBy("spell-positions", value);
  const axis = axisOf(value.attrs, "axis");
  const places = axisOf(value.attrs, "to");
  const other: Axis = build.twin(`${axis.name}'`, axis, axis.span);
  const rival = rename(build, x, [axis], [other], origin);
  const position = index(build, axis, origin);
  const isLarger = greater(build, rival, x, origin);
  const isEarlier = less(build, index(build, other, origin), position, origin);
  const isBefore = or(
    build,
    isLarger,
    and(build, equal(build, rival, x, origin), isEarlier, origin),
    origin,
  );
  const rank = sum(build, convert(build, isBefore, "i32", origin), [other], origin);
  const hasPlace = equal(build, rank, index(build, places, origin), origin);
  const last = constant(build, extent(axis) - 1, "i32", origin);
  const candidates = where(build, hasPlace, position, last, origin);
  return reorder(build, minOver(build, candidates, [axis], origin), value.type.axes, origin);
}
