import { invariant } from "../../diagnostics/internal-error.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { Group } from "./group.ts";
import type { Turn } from "./pieces-in-turn.ts";

/** What is computed at one place of the order: the values of a group, or a value that no group has. */
interface Node {
  rank: number;
  /** The last search that found it, the last that looked for it, and the last join that it was part of. */
  seenBy: number;
  neededBy: number;
  joinedBy: number;
  readonly inputs: Node[];
  readonly readers: Node[];
}

/** Views that a group reads through, and makes again for itself. */
type Views = { readonly has: (value: Value) => boolean };

/**
 * An order in which groups and the values outside them can be computed, kept while values join groups. None
 * has a rank below the ranks of what it reads. Whether a join would make two of them wait for each other is
 * seen by their ranks, or by a search among what waits for them; only ranks of that change. Ranks are no whole
 * numbers, so that others come between them; where two are too near for that, some become equal, which only
 * makes a search longer.
 */
export class GroupOrder {
  readonly #facts: Pick<GraphFacts, "values" | "inputsOf">;
  readonly #nodeOf = new Map<Value, Node>();
  #hasTurns = false;
  #searches = 0;
  #joins = 0;

  constructor(facts: Pick<GraphFacts, "values" | "inputsOf">) {
    this.#facts = facts;
    for (const [rank, value] of facts.values.entries()) {
      const node: Node = { rank, seenBy: 0, neededBy: 0, joinedBy: 0, inputs: [], readers: [] };
      this.#nodeOf.set(value, node);
      for (const input of facts.inputsOf(value)) link(this.#at(input), node);
    }
  }

  /**
   * Makes `values` part of `group`, unless something else would then both need and be needed by it: the
   * answer is `false`, and nothing has changed. `views` are what the group reads through from now on.
   */
  join(
    group: Pick<Group, "head" | "views">,
    values: readonly Value[],
    views: Views = group.views,
  ): boolean {
    const own = this.#at(group.head);
    const joined = this.#marked(own, values);
    const added = new Set<Node>();
    for (const value of values) {
      this.#addInputs(added, value, views);
      if (this.#hasTurns) this.#addTurns(added, value);
    }
    const between = rankBetween(joined, added);
    const readers = joined.flatMap((node) => node.readers);
    if (between !== undefined) own.rank = between;
    else if (!this.#raise(own, othersOf(own, [...own.inputs, ...added]), readers)) return false;
    for (const node of joined) if (node !== own) unlink(node);
    for (const input of added) if (input.joinedBy !== own.joinedBy) link(input, own);
    for (const reader of readers) if (reader.joinedBy !== own.joinedBy) link(own, reader);
    for (const value of values) this.#nodeOf.set(value, own);
    return true;
  }

  /** What becomes one, the node of the group first; each has the number of this join. */
  #marked(own: Node, values: readonly Value[]): readonly Node[] {
    const join = ++this.#joins;
    const joined = [own];
    own.joinedBy = join;
    for (const value of values) {
      const node = this.#at(value);
      if (node.joinedBy !== join) joined.push(node);
      node.joinedBy = join;
    }
    return joined;
  }

  /** Makes what computes `first` come before what computes `then`, unless it needs that: `false`. */
  precede(first: Value, then: Value): boolean {
    const [one, other] = [this.#at(first), this.#at(then)];
    if (one === other) return false;
    if (one.rank >= other.rank) {
      other.joinedBy = ++this.#joins;
      if (!this.#raise(other, [one], other.readers)) return false;
    }
    link(one, other);
    this.#hasTurns = true;
    return true;
  }

  /** The turns that can be kept, which from now on are. */
  keep(turns: readonly Turn[]): readonly Turn[] {
    return turns.filter(({ first, then }) => this.precede(first, then));
  }

  /**
   * Lifts `own`, and all that waits for its `readers`, above the `inputs` that it has, unless one of these waits for it:
   * `false`. Mostly less waits for what is joined than it needs.
   */
  #raise(own: Node, inputs: readonly Node[], readers: readonly Node[]): boolean {
    const search = ++this.#searches;
    let high = -1;
    for (const input of inputs) {
      input.neededBy = search;
      if (input.rank > high) high = input.rank;
    }
    const waiting: Node[] = [];
    let next = Number.POSITIVE_INFINITY;
    let isNeeded = false;
    const visit = (node: Node): void => {
      if (node.joinedBy === own.joinedBy || node.seenBy === search) return;
      if (node.rank > high) {
        if (node.rank < next) next = node.rank;
        return;
      }
      if (node.neededBy === search) isNeeded = true;
      node.seenBy = search;
      waiting.push(node);
    };
    readers.forEach(visit);
    for (let n = 0; n < waiting.length && !isNeeded; n++) waiting[n]?.readers.forEach(visit);
    if (isNeeded) return false;
    const step = Number.isFinite(next) ? (next - high) / (waiting.length + 2) : 1;
    own.rank = high + step;
    let [steps, last] = [1, Number.NEGATIVE_INFINITY];
    for (const node of waiting.sort(byRank)) {
      // Equal ones stay equal: which of them comes first is not known here.
      if (node.rank > last) steps++;
      last = node.rank;
      node.rank = high + steps * step;
    }
    return true;
  }

  /** What a value reads, through `views` down to what these are of. */
  #addInputs(inputs: Set<Node>, value: Value, views: Views): void {
    for (const input of this.#facts.inputsOf(value)) {
      if (views.has(input)) this.#addInputs(inputs, input, views);
      else inputs.add(this.#at(input));
    }
  }

  /** What a value comes after though it does not read it. */
  #addTurns(inputs: Set<Node>, value: Value): void {
    const read = this.#facts.inputsOf(value).map((input) => this.#at(input));
    for (const input of this.#at(value).inputs) if (!read.includes(input)) inputs.add(input);
  }

  #at(value: Value): Node {
    const node = this.#nodeOf.get(value);
    invariant(node !== undefined, `${value.op} is not part of the graph that is fused`);
    return node;
  }
}

/** Without those that are part of the same join. */
function othersOf({ joinedBy }: Node, nodes: readonly Node[]): readonly Node[] {
  return nodes.filter((node) => node.joinedBy !== joinedBy);
}

function link(input: Node, reader: Node): void {
  const { readers } = input;
  const { inputs } = reader;
  // Lists, for most are short: of the two the shorter one is looked through.
  const isLinked =
    inputs.length < readers.length ? inputs.includes(input) : readers.includes(reader);
  if (isLinked) return;
  readers.push(reader);
  inputs.push(input);
}

function unlink(node: Node): void {
  for (const { readers } of node.inputs) readers.splice(readers.indexOf(node), 1);
  for (const { inputs } of node.readers) inputs.splice(inputs.indexOf(node), 1);
  node.inputs.length = 0;
  node.readers.length = 0;
}

/**
 * Of the ranks of what becomes one, which reads what is `added` besides, one above all that it reads and below all that
 * reads it, where there is such. What leaves it then only goes up, so that nothing that it reads can wait for it, and no
 * other rank has to change.
 */
function rankBetween(joined: readonly Node[], added: ReadonlySet<Node>): number | undefined {
  const [own] = joined as [Node];
  let [low, high] = [-1, Number.POSITIVE_INFINITY];
  const raise = ({ joinedBy, rank }: Node): void => {
    if (joinedBy !== own.joinedBy && rank > low) low = rank;
  };
  const lower = ({ joinedBy, rank }: Node): void => {
    if (joinedBy !== own.joinedBy && rank < high) high = rank;
  };
  own.inputs.forEach(raise);
  added.forEach(raise);
  for (const { readers } of joined) readers.forEach(lower);
  return joined.find(({ rank }) => low < rank && rank < high)?.rank;
}

function byRank(one: Node, other: Node): number {
  return one.rank - other.rank;
}
