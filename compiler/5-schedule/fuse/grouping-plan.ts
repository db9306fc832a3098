import type { Value } from "../../ir/graph/graph.ts";
import { type Contraction, contractionOf } from "./contraction.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { piecesInTurn, type Turn } from "./pieces-in-turn.ts";
import { type Loops, type Placement, placeValue } from "./place-value.ts";
import { postDominators } from "./post-dominators.ts";
import { valuesBetween } from "./values-between.ts";

/** What lies between a value and its post-dominator, which is `next`, and that. */
export interface Region {
  readonly next: Value;
  readonly values: readonly Value[];
  readonly views: ReadonlySet<Value>;
  readonly computed: readonly Value[];
}

/** What is the same however the values of a graph are grouped. */
export class GroupingPlan {
  readonly facts: GraphFacts;
  readonly contractions: ReadonlyMap<Value, Contraction>;
  readonly turns: readonly Turn[];
  readonly places: KnownPlaces;
  /** Values that a group computes or sees, in order: without stored ones and products of contractions. */
  readonly grouped: readonly Value[];
  readonly #dominators: ReadonlyMap<Value, Value | undefined>;
  readonly #products = new Set<Value>();
  readonly #regions = new Map<Value, Region>();

  constructor(facts: GraphFacts) {
    const contractions = new Map<Value, Contraction>();
    for (const value of facts.values) {
      const contraction = contractionOf(value, facts);
      if (contraction !== undefined) contractions.set(value, contraction);
    }
    for (const { product } of contractions.values())
      if (isProductOnly(product, facts, contractions)) this.#products.add(product);
    this.facts = facts;
    this.#dominators = postDominators(facts);
    this.contractions = contractions;
    this.turns = piecesInTurn(facts, contractions);
    this.places = new KnownPlaces(facts);
    this.grouped = facts.values.filter(
      (value) => !facts.isStorage(value) && !this.isProductOnly(value),
    );
  }

  /** A product that only contractions read is never computed by itself. */
  isProductOnly(value: Value): boolean {
    return this.#products.has(value);
  }

  /** Undefined where no value is needed by all that needs `last`. */
  regionAfter(last: Value): Region | undefined {
    const known = this.#regions.get(last);
    if (known !== undefined) return known;
    const next = this.#dominators.get(last);
    if (next === undefined) return undefined;
    const values = valuesBetween(this.facts, last, next);
    const views = new Set(values.filter((value) => this.facts.isView(value)));
    const region = { next, values, views, computed: values.filter((value) => !views.has(value)) };
    this.#regions.set(last, region);
    return region;
  }
}

function isProductOnly(
  product: Value,
  facts: GraphFacts,
  contractions: ReadonlyMap<Value, Contraction>,
): boolean {
  const readers = facts.readersOf(product);
  return (
    !facts.outputs.has(product) &&
    readers.length > 0 &&
    readers.every((reader) => contractions.get(reader)?.product === product)
  );
}

/** What opens a group, and where it stands in the group's loops. */
interface Opened {
  readonly loops: Loops;
  readonly placement: Placement;
}

/** Where a value stands in some loops, for its inputs as they stand there. */
interface Known {
  readonly loops: Loops;
  readonly targets: readonly (Placement | undefined)[];
  readonly placement: Placement | undefined;
}

/**
 * Remembers where values stand in the loops of groups. When values are grouped again most stand where they stood: the
 * loops of a head and the positions in them are the same objects again, by which they are found.
 */
class KnownPlaces {
  readonly #facts: GraphFacts;
  readonly #opened = new Map<Value, Opened>();
  readonly #known = new Map<Value, Known[]>();

  constructor(facts: GraphFacts) {
    this.#facts = facts;
  }

  /** Of a value that opens a group, always with the same loops. */
  ofHead(head: Value, loopsOf: () => Loops): Opened {
    const known = this.#opened.get(head);
    if (known !== undefined) return known;
    const placement = head.type.axes.map((axis) => this.#facts.indexOf(axis));
    const opened = { loops: loopsOf(), placement };
    this.#opened.set(head, opened);
    return opened;
  }

  /** As `placeValue` places it. */
  place(
    value: Value,
    placementOf: (input: Value) => Placement | undefined,
    loops: Loops,
  ): Placement | undefined {
    const targets = this.#facts.accessesOf(value).map(({ input }) => placementOf(input));
    const all = this.#known.get(value) ?? [];
    const known = all.find(
      (one) => one.loops === loops && one.targets.every((target, n) => isSame(target, targets[n])),
    );
    if (known !== undefined) return known.placement;
    const placement = placeValue(value, this.#facts, placementOf, loops);
    this.#known.set(value, [...all, { loops, targets, placement }]);
    return placement;
  }
}

function isSame(a: Placement | undefined, b: Placement | undefined): boolean {
  if (a === b) return true;
  return a?.length === b?.length && a?.every((position, n) => position === b?.[n]) === true;
}
