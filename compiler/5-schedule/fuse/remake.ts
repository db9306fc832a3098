import type { ExprCost } from "../../ir/expr/expr-cost.ts";
import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { type Group, placementIn } from "./group.ts";
import type { Grouping } from "./grouping.ts";
import type { Placement } from "./place-value.ts";
import { allUses, type Use, type Uses } from "./value-uses.ts";

/** How the kernels of the way back come to a value of the way there without what stored it. */
interface Remade {
  /** These make each element for themselves. */
  readonly inline: Set<Group>;
  /** This one stores the value once more, beside what it computes at the same elements ... */
  readonly by: Group | undefined;
  /** ... for those that read each element many times. */
  readonly readers: ReadonlySet<Group>;
}

/** The values that are made again, by value. */
export type Remaking = ReadonlyMap<Value, Remade>;

const limits = {
  /** Work for one element that may be done again. */
  flops: 64,
  transcendentals: 4,
  /** What is made of a tensor so much smaller may keep that: means and scales of rows. */
  smaller: 8,
};

/**
 * Decides which results of the forward pass the backward pass makes again, so that they need not be kept
 * between the two: pointwise ones that are made of what is kept anyway. A kernel that reads each element once
 * makes it in place; for a contraction, which reads it many times, another kernel of the backward pass that is
 * at the same elements stores it a second time, shortly before it is read. A program without gradients
 * has nothing of the kind. `known` are uses that are known already; `kept` are values that stay as they are.
 */
export function remake(
  facts: GraphFacts,
  grouping: Grouping,
  known: Uses,
  kept: ReadonlySet<Value>,
): Remaking {
  const backward = lateValues(facts, grouping);
  if (backward.size === 0) return new Map();
  return new Remaker(facts, grouping, backward, allUses(facts, grouping, known)).run(kept);
}

/**
 * What is computed on the way back. A slope that is made of results of the way there alone is not: the kernel that
 * has these computes it beside them.
 */
function lateValues(facts: GraphFacts, grouping: Grouping): ReadonlySet<Value> {
  const late = new Set<Value>();
  for (const value of facts.values) {
    if (!isBackward(value.origin)) continue;
    const head = grouping.groupOf.get(value)?.head;
    const isLate =
      head === undefined ? value.inputs.some((input) => late.has(input)) : isBackward(head.origin);
    if (isLate) late.add(value);
  }
  return late;
}

/** What one element takes, with what is made again for it. */
type Cost = Pick<ExprCost, "flops" | "transcendentals">;

class Remaker {
  readonly #facts: GraphFacts;
  readonly #grouping: Grouping;
  readonly #backward: ReadonlySet<Value>;
  readonly #uses: Uses;
  readonly #remade = new Map<Value, Remade>();
  /** Stored results that the backward pass reads, or may read at little cost. */
  readonly #held = new Set<Value>();
  /** Values that are stored for nobody in the backward pass, and can be made of what is held or of no tensor. */
  readonly #within = new Set<Value>();
  /** Asked for when it is known of all that a value is made of who makes it. */
  readonly #costs = new Map<Value, Cost>();

  constructor(facts: GraphFacts, grouping: Grouping, backward: ReadonlySet<Value>, uses: Uses) {
    this.#facts = facts;
    this.#grouping = grouping;
    this.#backward = backward;
    this.#uses = uses;
  }

  run(kept: ReadonlySet<Value>): Remaking {
    for (const value of this.#facts.values) {
      if (this.#backward.has(value)) continue;
      const isGrouped = this.#grouping.groupOf.has(value);
      const late = isGrouped ? this.#lateUses(value) : [];
      if (late.length === 0) {
        if (isGrouped ? this.#isMakeable(value) : this.#isMadeOfHeld(value))
          this.#within.add(value);
        continue;
      }
      const remade = kept.has(value) ? undefined : this.#remadeFor(value, late);
      if (remade === undefined) this.#held.add(value);
      else {
        this.#remade.set(value, remade);
        for (const own of remade.inline) this.#inlineInputs(value, own);
      }
    }
    return this.#remade;
  }

  /** The kernels of the backward pass that read a value. */
  #lateUses(value: Value): readonly Use[] {
    const own = this.#grouping.groupOf.get(value);
    const uses = this.#uses.get(value) ?? [];
    return uses.filter(({ group }) => group !== own && this.#backward.has(group.head));
  }

  #remadeFor(value: Value, late: readonly Use[]): Remade | undefined {
    if (!this.#isMakeable(value)) return undefined;
    const cost = this.#costOf(value);
    const isOften = ({ group, isOperand }: Use): boolean =>
      isOperand || (group.engine === "row" && cost.transcendentals > 0);
    const readers = new Set(late.filter(isOften).map(({ group }) => group));
    const inline = new Set(late.map(({ group }) => group).filter((group) => !readers.has(group)));
    if (readers.size === 0) return inlineOnly(inline);
    const by = this.#makerFor(value, readers);
    return by && { inline: inline.add(by), by, readers };
  }

  /** A kernel of the backward pass that is at the elements of `value` and may come before its readers. */
  #makerFor(value: Value, readers: ReadonlySet<Group>): Group | undefined {
    const { order, groupOf } = this.#grouping;
    const roots = [...this.#rootsOf(value)];
    const nearby = roots.flatMap((root) => this.#lateUses(root));
    for (const { group, isOperand } of nearby) {
      if (isOperand || readers.has(group) || roots.some((root) => groupOf.get(root) === group))
        continue;
      const placement = placementBeside(value, group);
      if (placement === undefined) continue;
      const makers = roots.flatMap((root) => groupOf.get(root) ?? []);
      const isFree =
        makers.every((maker) => order.precede(maker.head, group.head)) &&
        [...readers].every((reader) => order.precede(group.head, reader.head));
      if (!isFree) continue;
      group.views.set(value, placement);
      return group;
    }
    return undefined;
  }

  #isMakeable(value: Value): boolean {
    if (!this.#facts.isPointwise(value) || this.#facts.outputs.has(value)) return false;
    if (!this.#isMadeOfHeld(value)) return false;
    const { flops, transcendentals } = this.#costOf(value);
    return flops <= limits.flops && transcendentals <= limits.transcendentals;
  }

  #isMadeOfHeld(value: Value): boolean {
    return value.inputs.every((input) => this.#isAtHand(input, value));
  }

  /** May a kernel of the backward pass read what `value` is made of? */
  #isAtHand(input: Value, value: Value): boolean {
    if (this.#facts.isStorage(input)) return !this.#facts.updates.has(input);
    if (this.#backward.has(input)) return false;
    if (this.#held.has(input) || this.#remade.has(input) || this.#within.has(input)) return true;
    if (!this.#grouping.groupOf.has(input)) return false;
    const count = (one: Value): number => this.#facts.elementCount(one.type.axes);
    return limits.smaller * count(input) <= count(value);
  }

  /** The stored values that `value` is made of, when what is made again is. */
  #rootsOf(value: Value, found = new Set<Value>()): ReadonlySet<Value> {
    for (const input of value.inputs) {
      if (this.#isTransparent(input)) this.#rootsOf(input, found);
      else found.add(input);
    }
    return found;
  }

  /** Whoever makes `value` makes what it is made of, too. */
  #inlineInputs(value: Value, group: Group): void {
    for (const input of value.inputs) {
      if (!this.#isTransparent(input)) continue;
      if (this.#grouping.groupOf.has(input)) {
        const remade = this.#remade.get(input) ?? inlineOnly();
        if (remade.readers.has(group) || remade.inline.has(group)) continue;
        this.#remade.set(input, remade);
        remade.inline.add(group);
      }
      this.#inlineInputs(input, group);
    }
  }

  #isTransparent(input: Value): boolean {
    return this.#remade.has(input) || this.#within.has(input);
  }

  #costOf(value: Value): Cost {
    const known = this.#costs.get(value);
    if (known !== undefined) return known;
    let { flops, transcendentals } = this.#facts.ownCostOf(value);
    for (const input of value.inputs) {
      if (!this.#isTransparent(input)) continue;
      const cost = this.#costOf(input);
      flops += cost.flops;
      transcendentals += cost.transcendentals;
    }
    const cost = { flops, transcendentals };
    this.#costs.set(value, cost);
    return cost;
  }
}

function inlineOnly(inline: Set<Group> = new Set()): Remade {
  return { inline, by: undefined, readers: new Set() };
}

/** Where `value` stands in a group that computes something at each of its elements. */
function placementBeside(value: Value, group: Group): Placement | undefined {
  const { axes } = value.type;
  for (const member of group.members.keys()) {
    const own = member.type.axes;
    if (own.length !== axes.length || !axes.every((axis) => own.includes(axis))) continue;
    const placement = placementIn(group, member);
    if (placement === undefined) continue;
    return axes.flatMap((axis) => placement[own.indexOf(axis)] ?? []);
  }
  return undefined;
}

/** Was a value made by differentiation, or by a pass from one that was? */
function isBackward(origin: Origin): boolean {
  return (
    origin.kind === "derived" && (origin.by === "reverse-mode" || isBackward(origin.from.origin))
  );
}
