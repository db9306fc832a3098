import { invariant } from "../../diagnostics/internal-error.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { Group } from "./group.ts";

/** What is computed at one place of the order: the values of a group, or a value that no group has. */
interface Node {
  rank: number;
  readonly values: Value[];
  group: Group | undefined;
}

/** Views that a group reads through, and makes again for itself. */
type Views = { readonly has: (value: Value) => boolean };

/**
 * An order in which groups and the values outside them can be computed, kept while values join groups. Each
 * has a rank above the ranks of what it reads. Whether a join would make two of them wait for each other is
 * seen by a search among the ranks between the ones that become one; only those ranks change.
 */
export class GroupOrder {
  readonly #facts: GraphFacts;
  readonly #nodeOf = new Map<Value, Node>();
  /** The groups that read a value through views of their own. */
  readonly #readersThroughViews = new Map<Value, Set<Node>>();

  constructor(facts: GraphFacts) {
    this.#facts = facts;
    for (const [rank, value] of facts.values.entries())
      this.#nodeOf.set(value, { rank, values: [value], group: undefined });
  }

  /** A group of one value so far. */
  open(group: Group): void {
    this.#at(group.head).group = group;
  }

  /**
   * Makes `values` part of `group`, unless something else would then both need and be needed by it: the
   * answer is `false`, and nothing has changed. `views` are what the group reads through from now on.
   */
  join(group: Group, values: readonly Value[], views: Views = group.views): boolean {
    const own = this.#at(group.head);
    const joined = new Set([own, ...values.map((value) => this.#at(value))]);
    const inputs = values.flatMap((value) => this.#inputsOf(value, views));
    const ranks = [...joined].map(({ rank }) => rank);
    const [low, high] = [Math.min(...ranks), Math.max(...ranks)];
    const before = this.#before(joined, inputs, low);
    if (before === undefined) return false;
    const after = this.#after(joined, high);
    // Among themselves the ones before and the ones after stay in the order that they have.
    const free = [...before, ...joined, ...after].map(({ rank }) => rank).sort((a, b) => a - b);
    const byRank = (nodes: Iterable<Node>) => [...nodes].sort((a, b) => a.rank - b.rank);
    const [lower, upper] = [byRank(before), byRank(after)];
    lower.forEach((node, n) => {
      node.rank = free[n] as number;
    });
    own.rank = free[lower.length] as number;
    upper.forEach((node, n) => {
      node.rank = free[free.length - upper.length + n] as number;
    });
    this.#merge(own, joined, inputs);
    return true;
  }

  #merge(own: Node, joined: ReadonlySet<Node>, inputs: readonly Input[]): void {
    for (const { values } of joined) {
      if (values === own.values) continue;
      for (const value of values) this.#nodeOf.set(value, own);
      own.values.push(...values);
    }
    for (const { value, isThroughView } of inputs) {
      if (!isThroughView) continue;
      const readers = this.#readersThroughViews.get(value);
      if (readers === undefined) this.#readersThroughViews.set(value, new Set([own]));
      else readers.add(own);
    }
  }

  /** What `joined` waits for, down to rank `low`; `undefined` where that waits for one of `joined`. */
  #before(
    joined: ReadonlySet<Node>,
    inputs: readonly Input[],
    low: number,
  ): ReadonlySet<Node> | undefined {
    const found = new Set<Node>();
    const open: Node[] = [];
    const visit = (node: Node): void => {
      if (node.rank < low || found.has(node)) return;
      found.add(node);
      open.push(node);
    };
    for (const { value } of inputs) {
      const node = this.#nodeOf.get(value);
      if (node !== undefined && !joined.has(node)) visit(node);
    }
    for (const node of joined) {
      if (node.group === undefined) continue;
      for (const input of this.#needed(node)) if (!joined.has(input)) visit(input);
    }
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const input of this.#needed(node)) {
        if (joined.has(input)) return undefined;
        visit(input);
      }
    }
    return found;
  }

  /** What waits for `joined`, up to rank `high`. */
  #after(joined: ReadonlySet<Node>, high: number): ReadonlySet<Node> {
    const found = new Set<Node>();
    const open = [...joined];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const reader of this.#readersOf(node)) {
        if (reader.rank > high || found.has(reader) || joined.has(reader)) continue;
        found.add(reader);
        open.push(reader);
      }
    }
    return found;
  }

  *#needed(node: Node): Iterable<Node> {
    for (const value of node.values) {
      for (const input of this.#inputsOf(value, node.group?.views)) {
        const other = this.#nodeOf.get(input.value);
        if (other !== undefined && other !== node) yield other;
      }
    }
  }

  *#readersOf(node: Node): Iterable<Node> {
    for (const value of node.values) {
      for (const reader of this.#facts.readersOf(value)) {
        const other = this.#nodeOf.get(reader);
        if (other === undefined || other === node) continue;
        const isMadeAgain = other.group?.views.has(value) ?? false;
        if (!isMadeAgain) yield other;
      }
      for (const other of this.#readersThroughViews.get(value) ?? [])
        if (other !== node) yield other;
    }
  }

  /** What a value reads, through `views` down to what these are of. */
  #inputsOf(value: Value, views: Views | undefined, isThroughView = false): readonly Input[] {
    return this.#facts
      .inputsOf(value)
      .flatMap((input) =>
        views?.has(input) === true
          ? this.#inputsOf(input, views, true)
          : [{ value: input, isThroughView }],
      );
  }

  #at(value: Value): Node {
    const node = this.#nodeOf.get(value);
    invariant(node !== undefined, `${value.op} is not part of the graph that is fused`);
    return node;
  }
}

interface Input {
  readonly value: Value;
  readonly isThroughView: boolean;
}
