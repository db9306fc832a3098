import { invariant } from "../../diagnostics/internal-error.ts";
import type { PositionId } from "../../ir/axis-ids.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import { axesOf } from "../../ops/build/type-rules.ts";
import type { Contraction } from "./contraction.ts";
import { fusedEngine } from "./engines/fused-registry.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { type Group, placementIn } from "./group.ts";
import { GroupOrder } from "./group-order.ts";
import type { Grouping } from "./grouping.ts";
import type { GroupingPlan, Region } from "./grouping-plan.ts";
import { isPerRow, type Placement } from "./place-value.ts";
import { describe, isSameSet, isSameWork, orderLike } from "./same-work.ts";

/**
 * Gathers values around the operations that need an engine. A contraction or an attention takes what
 * follows at the same element until a value is read in several places; a row program takes further
 * reductions over the same lanes and everything that is computed per row or per lane. `separate` names values
 * that may not join what stands before them. A graph is grouped several times: what is known of it stays known.
 */
export function groupValues(plan: GroupingPlan, separate: ReadonlySet<Value>): Grouping {
  return new Grouper(plan, separate).run();
}

class Grouper {
  readonly #facts: GraphFacts;
  readonly #plan: GroupingPlan;
  readonly #separate: ReadonlySet<Value>;
  readonly #groups: Group[] = [];
  readonly #rows: Group[] = [];
  /** Groups that an engine opened, by the first operand of their heads. */
  readonly #byOperand = new Map<Value | undefined, Group[]>();
  readonly #groupOf = new Map<Value, Group>();
  /** Groups that read through a view. */
  readonly #seenIn = new Map<Value, Group[]>();
  readonly #order: GroupOrder;
  readonly #sources = new Map<Value, ReadonlySet<Value>>();

  constructor(plan: GroupingPlan, separate: ReadonlySet<Value>) {
    this.#facts = plan.facts;
    this.#plan = plan;
    this.#separate = separate;
    this.#order = new GroupOrder(plan.facts);
  }

  run(): Grouping {
    const turns = this.#order.keep(this.#plan.turns);
    for (const value of this.#plan.grouped) this.#visit(value);
    return { groups: this.#groups, groupOf: this.#groupOf, order: this.#order, turns };
  }

  #visit(value: Value): void {
    if (this.#groupOf.has(value)) return;
    const contraction = this.#plan.contractions.get(value);
    if (contraction !== undefined) {
      this.#absorb(this.#open("contract", value, contraction));
      return;
    }
    const lowering = this.#facts.loweringOf(value);
    switch (lowering.kind) {
      case "engine": {
        const { joins, resultOf } = fusedEngine(lowering.engine);
        const group =
          resultOf && this.#joinResults(value) ? undefined : this.#open(lowering.engine, value);
        if (group !== undefined && joins !== "nothing") this.#absorb(group);
        return;
      }
      case "reduce":
        if (!this.#joinReduction(value)) this.#open("row", value);
        return;
      case "element":
        this.#joinElement(value, lowering.isView);
        return;
      default:
        invariant(false, `${value.op} should be spelt out before fusion`);
    }
  }

  #open(engine: Group["engine"], head: Value, contraction?: Contraction): Group {
    const { type, inputs } = head;
    const { loops, placement } = this.#plan.places.ofHead(head, () => {
      const lanes = engine === "row" ? orderLike(inputs[0], axesOf(head.attrs, "axes")) : [];
      return { grid: fusedEngine(engine).gridOf?.(head) ?? type.axes, lanes };
    });
    const group: Group = {
      id: this.#groups.length,
      engine,
      head,
      loops,
      contraction,
      isCopy: false,
      members: new Map([[head, placement]]),
      views: new Map(),
      endsBecause: "nothing further reads it at the same element",
    };
    this.#groups.push(group);
    if (engine === "row") this.#rows.push(group);
    if (this.#facts.loweringOf(head).kind === "engine") {
      const beside = this.#byOperand.get(inputs[0]);
      if (beside === undefined) this.#byOperand.set(inputs[0], [group]);
      else beside.push(group);
    }
    this.#groupOf.set(head, group);
    return group;
  }

  /** Another result of an engine that a value with the same operands opened. */
  #joinResults(value: Value): boolean {
    if (this.#separate.has(value)) return false;
    const beside = this.#byOperand.get(value.inputs[0]);
    const group = beside?.findLast(({ head }) => isSameWork(head, value));
    if (group === undefined || !this.#order.join(group, [value])) return false;
    group.members.set(
      value,
      value.type.axes.map((axis) => this.#facts.indexOf(axis)),
    );
    this.#groupOf.set(value, group);
    return true;
  }

  /** Walks from post-dominator to post-dominator as long as all that lies between is at one element. */
  #absorb(group: Group): void {
    let last = group.head;
    for (;;) {
      const region = this.#plan.regionAfter(last);
      if (region === undefined) {
        group.endsBecause = this.#whySplit(last);
        return;
      }
      const obstacle = this.#takeAll(group, region);
      if (obstacle !== undefined) {
        group.endsBecause = obstacle;
        return;
      }
      last = region.next;
    }
  }

  #whySplit(last: Value): string {
    if (this.#facts.outputs.has(last)) return "the result is an output";
    const readers = this.#facts.readersOf(last);
    return `its result is read in ${readers.length} places: ${readers.map(describe).join(", ")}`;
  }

  /** All or nothing; the answer says what stands in the way. */
  #takeAll(group: Group, { values, views, computed }: Region): string | undefined {
    const places = new Map<Value, Placement>();
    const placementOf = (input: Value): Placement | undefined =>
      places.get(input) ?? placementIn(group, input);
    for (const value of values) {
      const { kind } = this.#facts.loweringOf(value);
      if (kind === "reduce") return `${describe(value)} combines several elements of it`;
      if (kind !== "element") return `${describe(value)} needs an engine`;
      if (this.#plan.isProductOnly(value)) return "a contraction reads it";
      if (this.#groupOf.has(value)) return `another kernel computes ${describe(value)}`;
      if (this.#separate.has(value)) return `${describe(value)} would need too many tensors here`;
      const placement = this.#plan.places.place(value, placementOf, group.loops);
      if (placement === undefined) return `${describe(value)} reads other elements of it`;
      places.set(value, placement);
    }
    const seen = { has: (value: Value) => views.has(value) || group.views.has(value) };
    if (!this.#order.join(group, computed, seen))
      return "what follows waits for a kernel that waits for this one";
    for (const [value, placement] of places) this.#add(group, value, placement);
    return undefined;
  }

  #add(group: Group, value: Value, placement: Placement): void {
    if (this.#facts.isView(value)) {
      group.views.set(value, placement);
      const others = this.#seenIn.get(value);
      if (others === undefined) this.#seenIn.set(value, [group]);
      else others.push(group);
    } else {
      group.members.set(value, placement);
      this.#groupOf.set(value, group);
    }
  }

  #joinReduction(value: Value): boolean {
    const [input] = value.inputs;
    if (input === undefined || this.#separate.has(value)) return false;
    for (const group of this.#candidates([input])) {
      const placement = placementIn(group, input);
      if (placement === undefined || isPerRow(placement, group.loops)) continue;
      const summed = axesOf(value.attrs, "axes");
      const isOverLanes = this.#isOverLanes(group, input, placement, summed);
      if (!isOverLanes || !this.#order.join(group, [value])) continue;
      const kept = placement.filter((_, n) => !summed.includes(input.type.axes[n] as Axis));
      group.members.set(value, kept);
      this.#groupOf.set(value, group);
      return true;
    }
    return this.#joinSibling(value, input);
  }

  /** A reduction beside others: over the same axes of something that they read too. */
  #joinSibling(value: Value, input: Value): boolean {
    const summed = axesOf(value.attrs, "axes");
    const sources = this.#sourcesOf(input);
    for (let n = this.#rows.length - 1; n >= 0; n--) {
      const group = this.#rows[n] as Group;
      const { grid, lanes } = group.loops;
      if (!isSameSet(lanes, summed) || !isSameSet(grid, value.type.axes)) continue;
      const [reduced] = group.head.inputs;
      const isBeside =
        reduced !== undefined &&
        [...this.#sourcesOf(reduced)].some((source) => sources.has(source));
      if (!isBeside || !this.#order.join(group, [value])) continue;
      const placement = value.type.axes.map((axis) => this.#facts.indexOf(axis));
      group.members.set(value, placement);
      this.#groupOf.set(value, group);
      return true;
    }
    return false;
  }

  /** The tensors other than weights that a value is made of, as far as things are grouped. */
  #sourcesOf(value: Value): ReadonlySet<Value> {
    const known = this.#sources.get(value);
    if (known !== undefined) return known;
    const isSource = this.#groupOf.has(value) || this.#facts.isStorage(value);
    const sources = isSource
      ? new Set(value.op === "parameter" || value.op === "table" ? [] : [value])
      : new Set(value.inputs.flatMap((input) => [...this.#sourcesOf(input)]));
    this.#sources.set(value, sources);
    return sources;
  }

  /** Does a reduction of `input` take exactly the lanes of the group, and leave the grid alone? */
  #isOverLanes(group: Group, input: Value, placement: Placement, summed: readonly Axis[]): boolean {
    const wide = (axes: readonly Axis[]): readonly Axis[] =>
      axes.filter((axis) => this.#facts.extent(axis) > 1);
    const lanes = new Set<PositionId>(wide(group.loops.lanes).map((lane) => lane.id));
    const taken = wide(summed).map((axis) => placement[input.type.axes.indexOf(axis)]);
    const isOfLanes = taken.every((at) => at?.kind === "axis" && lanes.has(at.axis));
    const kept = placement.filter((_, n) => !summed.includes(input.type.axes[n] as Axis));
    return isOfLanes && taken.length === lanes.size && isPerRow(kept, group.loops);
  }

  #joinElement(value: Value, isView: boolean): void {
    if (this.#separate.has(value)) return;
    for (const group of this.#candidates(value.inputs)) {
      // Views are known wherever they may join, so that an output may be stored in the order in which it is seen.
      const { joins } = fusedEngine(group.engine);
      if (joins === "nothing" || (!isView && joins !== "elements")) continue;
      const placementOf = (input: Value): Placement | undefined => placementIn(group, input);
      const placement = this.#plan.places.place(value, placementOf, group.loops);
      if (placement === undefined) continue;
      if (!isView && !this.#order.join(group, [value])) continue;
      this.#add(group, value, placement);
      if (!isView) return;
    }
  }

  /** Groups in which one of these stands, the newest first. */
  #candidates(inputs: readonly Value[]): readonly Group[] {
    const found: Group[] = [];
    for (const input of inputs) {
      for (const group of this.#groupsWith(input)) if (!found.includes(group)) found.push(group);
    }
    return found.length < 2 ? found : found.sort((a, b) => b.id - a.id);
  }

  #groupsWith(value: Value): readonly Group[] {
    const group = this.#groupOf.get(value);
    return group === undefined ? (this.#seenIn.get(value) ?? none) : [group];
  }
}

const none: readonly Group[] = [];
