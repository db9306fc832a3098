import type { ExprCost } from "../../ir/expr/expr-cost.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { type Group, mapGroup } from "./group.ts";
import type { Grouping } from "./grouping.ts";
import { operandsOf, type Use, type Uses, usesOf } from "./value-uses.ts";

/** What a value costs when everything that it is made of is inlined down to stored tensors. */
interface InlineCost extends ExprCost {
  /** Reads no tensor at all: made of positions and numbers. */
  readonly isFree: boolean;
}

const numbers = {
  /** Work that an operand of a contraction may repeat for every use of an element. */
  operandFlops: 1,
  /** Work on a single tensor that several kernels may each do for themselves. */
  plainFlops: 8,
  /** exp and the like are stored where inlining would repeat them this often, and this many in all. */
  repeats: 8,
  repeatedCalls: 65536,
};

/**
 * Decides which of the values outside all groups are computed once and stored, each by a map of its own;
 * the others are inlined into their readers. Adds the maps to the grouping. `forced` must be stored. What is
 * stored in slabs of one layout, or of one parameter, is computed by one map, but for what is `separate`.
 * Returns who reads what no group had.
 */
export function materialise(
  facts: GraphFacts,
  grouping: Grouping,
  forced: ReadonlySet<Value>,
  separate: ReadonlySet<Value> = new Set(),
): Uses {
  const costs = inlineCosts(facts, grouping);
  const operands = operandsOf(grouping);
  const uses = new Map<Value, readonly Use[]>();
  for (const value of facts.values.toReversed()) {
    if (grouping.groupOf.has(value) || facts.isStorage(value)) continue;
    const all = usesOf(value, facts, grouping, uses, operands);
    uses.set(value, all);
    const needsStore =
      forced.has(value) ||
      (facts.outputs.has(value) && groupWithView(value, grouping) === undefined) ||
      (isComputed(value, facts) && isWorthStoring(value, all, costs, facts));
    const isWithOthers = needsStore && !separate.has(value) && joinMap(value, facts, grouping);
    if (needsStore && !isWithOthers) openMap(value, facts, grouping);
  }
  return uses;
}

/** Arithmetic, or what puts several results together: those are then stored as one and not each. */
function isComputed(value: Value, facts: GraphFacts): boolean {
  return facts.isPointwise(value) || (value.op === "stack" && new Set(value.inputs).size > 1);
}

function openMap(value: Value, facts: GraphFacts, grouping: Grouping): void {
  const group = mapGroup(grouping.groups.length, value, facts, false);
  grouping.groups.push(group);
  grouping.groupOf.set(value, group);
}

/** Beside others at the same element, as the new value of a weight and those of its moments. */
function joinMap(value: Value, facts: GraphFacts, grouping: Grouping): boolean {
  if (!facts.landing.has(value)) return false;
  const { axes } = value.type;
  const group = grouping.groups.find(
    ({ engine, head }) =>
      engine === "map" &&
      facts.landing.has(head) &&
      head.type.axes.length === axes.length &&
      head.type.axes.every((axis, n) => axis === axes[n]),
  );
  if (group === undefined || !grouping.order.join(group, [value])) return false;
  const placement = axes.map((axis) => facts.indexOf(axis));
  group.members.set(value, placement);
  grouping.groupOf.set(value, group);
  return true;
}

/** An output that only reorders what a group computes is stored by that group in its own order. */
export function groupWithView(value: Value, grouping: Grouping): Group | undefined {
  return grouping.groups.find((group) => group.views.has(value));
}

function isWorthStoring(
  value: Value,
  uses: readonly Use[],
  costs: ReadonlyMap<Value, InlineCost>,
  facts: GraphFacts,
): boolean {
  const cost = costs.get(value);
  if (cost === undefined || uses.length === 0) return false;
  const isCast = value.op === "convert" && cost.loads <= 1 && cost.flops <= 1;
  if (cost.transcendentals === 0 && (cost.isFree || isCast)) return false;
  // What is made of one tensor by a little arithmetic takes no more reading than what is stored of it.
  const isPlain = cost.transcendentals === 0 && cost.loads <= 1;
  const isOperand = uses.some((use) => use.isOperand);
  if (isPlain && cost.flops <= (isOperand ? numbers.operandFlops : numbers.plainFlops))
    return false;
  const kernels = new Set(uses.map((use) => use.group));
  if (kernels.size > 1 || isOperand) return true;
  if (cost.transcendentals === 0) return false;
  return uses.some(({ group }) => {
    const points = facts.elementCount([...group.loops.grid, ...group.loops.lanes]);
    const repeats = points / Math.max(1, facts.elementCount(value.type.axes));
    return repeats >= numbers.repeats && points * cost.transcendentals >= numbers.repeatedCalls;
  });
}

const storedCost: InlineCost = { flops: 0, transcendentals: 0, loads: 1, isFree: false };

function inlineCosts(facts: GraphFacts, grouping: Grouping): ReadonlyMap<Value, InlineCost> {
  const costs = new Map<Value, InlineCost>();
  for (const value of facts.values) {
    if (grouping.groupOf.has(value) || facts.isStorage(value)) {
      costs.set(value, storedCost);
      continue;
    }
    let { flops, transcendentals } = facts.ownCostOf(value);
    let loads = 0;
    let isFree = true;
    for (const [n, input] of value.inputs.entries()) {
      const cost = costs.get(input);
      if (cost === undefined || value.inputs.indexOf(input) < n) continue;
      flops += cost.flops;
      transcendentals += cost.transcendentals;
      loads += cost.loads;
      isFree &&= cost.isFree;
    }
    costs.set(value, { flops, transcendentals, loads, isFree });
  }
  return costs;
}
