import { SizeTable } from "../dims/size-table.ts";
import type { Axis, Origin, Value } from "../ir/graph/graph.ts";
import type { Combine } from "../ir/kernel/loops.ts";
import {
  add,
  amount,
  and,
  constant,
  convert,
  div,
  equal,
  index,
  less,
  lessEqual,
  mod,
  mul,
  or,
  where,
} from "../ops/build/build.ts";
import { combineOf, merge, putSorted, rename, take } from "../ops/build/build-movement.ts";
import { sum, sumTo } from "../ops/build/build-reduction.ts";
import { axisOf } from "../ops/build/type-rules.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/** Where every element of the target can look through all updates in so many comparisons, it does. */
const fewComparisons = 2 ** 20;

/**
 * The gradient of a table of embeddings adds a row of numbers for each token, and so does `put_add`. Where there
 * are many, they are sorted by the rows that they belong to, on the device, which needs the positions alone: each
 * update counts those that come before it, each row of the target how many belong to earlier rows. Then every
 * row adds up its own in their order, so that the bits do not depend on the device, and no number is added
 * that is none of its own. What is added to nothing, and is not worth sorting, is a sum under a mask, which
 * kernels take more into.
 */
export const sortUpdates: GraphPass = {
  name: "sort-updates",
  summary: "sort many updates of a tensor by the rows that they belong to",
  run: (graph, context) =>
    rewriteGraph(graph, "sort-updates", context, (value) =>
      value.op === "put_combined" ? rewritten(value, context) : value,
    ),
};

function rewritten(value: Value, context: PassContext): Value {
  const [x, positions, values] = value.inputs;
  const combine = combineOf(value.attrs);
  if (x === undefined || positions === undefined || values === undefined || combine === undefined)
    return value;
  const put: Put = {
    x,
    axis: axisOf(value.attrs, "axis"),
    combine,
    positions,
    values,
    origin: derivedBy("sort-updates", value),
  };
  if (isWorthSorting(put, context)) return sorted(put, context);
  return combine === "sum" && isNothing(x) ? maskedSum(put, context) : value;
}

interface Put {
  readonly x: Value;
  readonly axis: Axis;
  readonly combine: Combine;
  readonly positions: Value;
  readonly values: Value;
  readonly origin: Origin;
}

/** Sorting compares updates with each other, which has to be less than comparing them with all elements. */
function isWorthSorting({ x, positions }: Put, { extent }: PassContext): boolean {
  const count = (axes: readonly Axis[]): number =>
    axes.reduce((product, axis) => product * extent(axis), 1);
  const [updates, elements] = [count(positions.type.axes), count(x.type.axes)];
  return updates > 1 && 2 * updates < elements && updates * elements > fewComparisons;
}

function isNothing({ op, inputs: [input], attrs }: Value): boolean {
  if (op === "expand" || op === "reorder") return input !== undefined && isNothing(input);
  return op === "constant" && attrs.value === 0;
}

/** Where the positions lie along the axis itself, a twin stands for it on their side. */
function maskedSum({ x, axis, positions, values, origin }: Put, { build }: PassContext): Value {
  const isAlong = positions.type.axes.includes(axis);
  const twin = isAlong ? [build.twin(`${axis.name}'`, axis, undefined)] : [];
  const from = isAlong ? [axis] : [];
  const named = rename(build, positions, from, twin, origin);
  const given = rename(build, values, from, twin, origin);
  const hit = equal(build, index(build, axis, origin), named, origin);
  const zero = constant(build, 0, values.type.element, origin);
  return sumTo(build, where(build, hit, given, zero, origin), x.type, origin);
}

/** What the parts of the rewrite share: makers of numbers and axes. */
interface Site {
  readonly context: PassContext;
  readonly origin: Origin;
  /** Of updates, in the order in which they are done. */
  readonly update: Axis;
  /** The same number of places once they are sorted. */
  readonly order: Axis;
}

function sorted(put: Put, context: PassContext): Value {
  const { build, extent } = context;
  const { x, axis, combine, positions, values, origin } = put;
  const taken = positions.type.axes;
  const shared = taken.filter((other) => other !== axis && x.type.axes.includes(other));
  const sizes = new SizeTable();
  const newAxis = (name: string, length: number): Axis =>
    build.axis(name, sizes.constant(length), axis.span);
  const count = taken.reduce((product, other) => product * extent(other), 1);
  const [update, order] = [newAxis("Update", count), newAxis("Order", count)];
  const site: Site = { context, origin, update, order };
  // Rows are numbered over the axes that positions share with the tensor, then over the axis that they are along.
  const rowAxes = [...shared, axis];
  const rows = rowAxes.reduce((product, other) => product * extent(other), 1);
  const number = (n: number): Value => amount(build, n, origin);
  const rowOf = (position: Value): Value =>
    shared.reduceRight<{ row: Value; stride: number }>(
      ({ row, stride }, other) => ({
        row: add(
          build,
          mul(build, index(build, other, origin), number(stride), origin),
          row,
          origin,
        ),
        stride: stride * extent(other),
      }),
      { row: position, stride: extent(axis) },
    ).row;
  const isInside = and(
    build,
    lessEqual(build, number(0), positions, origin),
    less(build, positions, number(extent(axis)), origin),
    origin,
  );
  const row = where(build, isInside, rowOf(positions), number(rows), origin);
  const { places, keys } = sortedPlaces(flat(row, taken, site), site);
  const bounds = newAxis("Bound", rows + 1);
  const starts = startsOf(keys, bounds, site, newAxis);
  const own = rowOf(index(build, axis, origin));
  const end = add(build, own, number(1), origin);
  return putSorted(
    build,
    x,
    { order, combine },
    {
      from: take(build, starts, bounds, own, origin),
      to: take(build, starts, bounds, end, origin),
      values: inOrder(values, taken, places, site),
    },
    origin,
  );
}

/** `x` over the axes of the positions, as one. */
function flat(x: Value, axes: readonly Axis[], { context, update, origin }: Site): Value {
  const { build } = context;
  const [only, ...others] = axes;
  return others.length === 0 && only !== undefined
    ? rename(build, x, [only], [update], origin)
    : merge(build, x, axes, update, origin);
}

/** At each place of the order the number of an update, and its row: stable, by the rows in `keys`. */
function sortedPlaces(
  keys: Value,
  { context: { build }, origin, update, order }: Site,
): { readonly places: Value; readonly keys: Value } {
  const other = build.twin(`${update.name}'`, update, update.span);
  const others = rename(build, keys, [update], [other], origin);
  const [here, there] = [index(build, update, origin), index(build, other, origin)];
  const isEqual = equal(build, others, keys, origin);
  const isBefore = or(
    build,
    less(build, others, keys, origin),
    and(build, isEqual, less(build, there, here, origin), origin),
    origin,
  );
  const rank = sum(build, convert(build, isBefore, "i32", origin), [other], origin);
  const isHere = equal(build, rank, index(build, order, origin), origin);
  const none = constant(build, 0, "i32", origin);
  const at = (x: Value): Value =>
    sum(build, where(build, isHere, x, none, origin), [update], origin);
  return { places: at(here), keys: at(keys) };
}

/**
 * How many of the sorted keys are less than each of `bounds`: of blocks, whole ones first, then those inside
 * of the block where the bound lies.
 */
function startsOf(
  keys: Value,
  bounds: Axis,
  { context: { build, extent }, origin, order }: Site,
  newAxis: (name: string, length: number) => Axis,
): Value {
  const count = extent(order);
  const length = Math.ceil(Math.sqrt(count));
  const [block, place] = [newAxis("Block", Math.floor(count / length)), newAxis("Place", length)];
  const number = (n: number): Value => amount(build, n, origin);
  const bound = index(build, bounds, origin);
  const countLess = (position: Value, over: Axis): Value => {
    const isThere = less(build, position, number(count), origin);
    const isLess = less(build, take(build, keys, order, position, origin), bound, origin);
    const counted = convert(build, and(build, isThere, isLess, origin), "i32", origin);
    return sum(build, counted, [over], origin);
  };
  const first = mul(build, index(build, block, origin), number(length), origin);
  const last = add(build, first, number(length - 1), origin);
  const before = mul(build, countLess(last, block), number(length), origin);
  const inside = add(build, before, index(build, place, origin), origin);
  return add(build, before, countLess(inside, place), origin);
}

/** `values` at the updates that `places` numbers. */
function inOrder(
  values: Value,
  axes: readonly Axis[],
  places: Value,
  { context: { build, extent }, origin }: Site,
): Value {
  let rest = places;
  let found = values;
  for (const [n, axis] of [...axes.entries()].toReversed()) {
    const size = amount(build, extent(axis), origin);
    const position = n === 0 ? rest : mod(build, rest, size, origin);
    found = take(build, found, axis, position, origin);
    rest = div(build, rest, size, origin);
  }
  return found;
}
