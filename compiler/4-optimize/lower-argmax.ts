import type { Axis, Origin, Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import {
  and,
  constant,
  convert,
  equal,
  greater,
  index,
  isNan,
  less,
  not,
  or,
  where,
} from "../ops/build/build.ts";
import { rename, reorder, stack } from "../ops/build/build-movement.ts";
import { maxOver, minOver, sum } from "../ops/build/build-reduction.ts";
import { axisOf, isFloat } from "../ops/build/type-rules.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/**
 * `argmax` is the least position of the maximum. `top` looks for the largest of what is left again and again;
 * for many places it counts for every element how many come before it (larger ones, and equal ones further
 * left) and looks up who has which rank, which takes a square of the elements but no more text. All are then
 * reductions like others, which row programs compute and fuse.
 */
export const lowerArgmax: GraphPass = {
  name: "lower-argmax",
  summary: "write argmax and top as comparisons and reductions",
  run: (graph, context) =>
    rewriteGraph(graph, "lower-argmax", context, (value) => {
      const [x] = value.inputs;
      if (x === undefined) return value;
      if (value.op === "argmax") return leastPosition(value, x, context);
      if (value.op !== "top") return value;
      const places = context.extent(axisOf(value.attrs, "to"));
      return places <= mostSearches ? searchTop(value, x, context) : rankTop(value, x, context);
    }),
};

function leastPosition(value: Value, x: Value, { build, extent }: PassContext): Value {
  const origin = derivedBy("lower-argmax", value);
  const axis = axisOf(value.attrs, "axis");
  const isTop = isLevel(build, x, maxOver(build, x, [axis], origin), origin);
  const last = constant(build, extent(axis) - 1, "i32", origin);
  const candidates = where(build, isTop, index(build, axis, origin), last, origin);
  return reorder(build, minOver(build, candidates, [axis], origin), value.type.axes, origin);
}

/** Each is a loop over the elements in the text of the kernel. */
const mostSearches = 32;

/** What is left after a place: smaller elements, and equal ones further right. */
function searchTop(value: Value, x: Value, { build, extent }: PassContext): Value {
  const origin = derivedBy("lower-argmax", value);
  const axis = axisOf(value.attrs, "axis");
  const places = axisOf(value.attrs, "to");
  const position = index(build, axis, origin);
  const last = constant(build, extent(axis) - 1, "i32", origin);
  const beyond = isFloat(x.type.element) ? Number.NEGATIVE_INFINITY : "lowest";
  const least = constant(build, beyond, x.type.element, origin);
  const found: Value[] = [];
  let isLeft: Value | undefined;
  for (let place = 0; place < extent(places); place++) {
    const open = isLeft === undefined ? x : where(build, isLeft, x, least, origin);
    const largest = maxOver(build, open, [axis], origin);
    const isEqual = isLevel(build, x, largest, origin);
    const isIt = isLeft === undefined ? isEqual : and(build, isLeft, isEqual, origin);
    const at = minOver(build, where(build, isIt, position, last, origin), [axis], origin);
    found.push(at);
    const isBehind = and(build, isEqual, greater(build, position, at, origin), origin);
    isLeft = or(build, isAbove(build, largest, x, origin), isBehind, origin);
  }
  return reorder(build, stack(build, found, places, origin), value.type.axes, origin);
}

function rankTop(value: Value, x: Value, { build, extent }: PassContext): Value {
  const origin = derivedBy("lower-argmax", value);
  const axis = axisOf(value.attrs, "axis");
  const places = axisOf(value.attrs, "to");
  const other: Axis = build.twin(`${axis.name}'`, axis, axis.span);
  const rival = rename(build, x, [axis], [other], origin);
  const position = index(build, axis, origin);
  const isLarger = isAbove(build, rival, x, origin);
  const isEarlier = less(build, index(build, other, origin), position, origin);
  const isBefore = or(
    build,
    isLarger,
    and(build, isLevel(build, rival, x, origin), isEarlier, origin),
    origin,
  );
  const rank = sum(build, convert(build, isBefore, "i32", origin), [other], origin);
  const hasPlace = equal(build, rank, index(build, places, origin), origin);
  const last = constant(build, extent(axis) - 1, "i32", origin);
  const candidates = where(build, hasPlace, position, last, origin);
  return reorder(build, minOver(build, candidates, [axis], origin), value.type.axes, origin);
}

type Compare = (build: GraphBuilder, a: Value, b: Value, origin: Origin) => Value;

/** Whether `a` ranks above `b`: NaN above every number. */
const isAbove: Compare = (build, a, b, origin) => {
  const isLarger = greater(build, a, b, origin);
  if (!isFloat(a.type.element)) return isLarger;
  const isNumber = not(build, isNan(build, b, origin), origin);
  return or(build, isLarger, and(build, isNan(build, a, origin), isNumber, origin), origin);
};

/** Whether neither ranks above the other: NaN and NaN, too. */
const isLevel: Compare = (build, a, b, origin) => {
  const isSame = equal(build, a, b, origin);
  if (!isFloat(a.type.element)) return isSame;
  const areNone = and(build, isNan(build, a, origin), isNan(build, b, origin), origin);
  return or(build, isSame, areNone, origin);
};
