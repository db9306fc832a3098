import { intConstant } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { coversOnce, invertPositions } from "../../ir/expr/index-digits.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";

/** Position along each axis of a value, as expressions over the loops of a group (ids are axes' ids). */
export type Placement = readonly Expr[];

/** The loops of a group: a value stands once per point of the grid, or once per point of grid and lanes. */
export interface Loops {
  readonly grid: readonly Axis[];
  readonly lanes: readonly Axis[];
}

/**
 * Where the elements of `value` stand in the loops of a group, of which some of its inputs are placed
 * already: it must read each of those at the place where the group has it. `undefined` where that is not
 * so, or where the loops do not reach every element of `value` exactly once.
 */
export function placeValue(
  value: Value,
  facts: GraphFacts,
  placementOf: (input: Value) => Placement | undefined,
  loops: Loops,
): Placement | undefined {
  const placed = new Map<Axis, Expr>();
  for (const { input, at } of facts.accessesOf(value)) {
    const targets = placementOf(input);
    if (targets === undefined) continue;
    const inverse = invert(value, input, at, targets, facts);
    if (inverse === undefined) return undefined;
    for (const axis of value.type.axes) {
      const position = inverse.get(axis.id);
      if (position === undefined) continue;
      const known = placed.get(axis);
      if (known !== undefined && !isSameExpr(known, position)) return undefined;
      placed.set(axis, position);
    }
  }
  const placement: Expr[] = [];
  for (const axis of value.type.axes) {
    const isOne = facts.extent(axis) === 1;
    const isLane = loops.lanes.includes(axis);
    const position = isOne
      ? intConstant(0)
      : (placed.get(axis) ?? (isLane ? facts.indexOf(axis) : undefined));
    if (position === undefined) return undefined;
    placement.push(position);
  }
  return standsOnce(value, placement, facts, loops) ? placement : undefined;
}

/** Does a placed value stand once per row, without the lanes? */
export function isPerRow(placement: Placement, loops: Loops): boolean {
  const used = axesIn(placement);
  return !loops.lanes.some((lane) => used.has(lane.id));
}

function invert(
  value: Value,
  input: Value,
  at: readonly Expr[],
  targets: Placement,
  facts: GraphFacts,
): ReadonlyMap<number, Expr> | undefined {
  const used = axesIn(at);
  const axes = value.type.axes
    .filter((axis) => used.has(axis.id))
    .map((axis) => ({ axis: axis.id, extent: facts.extent(axis) }));
  return invertPositions(at, facts.extentsOf(input.type.axes), axes, targets);
}

function standsOnce(value: Value, placement: Placement, facts: GraphFacts, loops: Loops): boolean {
  const axes = isPerRow(placement, loops) ? loops.grid : [...loops.grid, ...loops.lanes];
  const extents = axes.map((axis) => ({ axis: axis.id, extent: facts.extent(axis) }));
  return coversOnce(placement, facts.extentsOf(value.type.axes), extents);
}

function axesIn(exprs: readonly Expr[]): ReadonlySet<number> {
  const axes = nodesOf(exprs).map((node) => (node.kind === "axis" ? node.axis : -1));
  return new Set(axes);
}
