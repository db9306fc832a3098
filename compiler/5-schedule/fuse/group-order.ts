import { invariant } from "../../diagnostics/internal-error.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { Group } from "./group.ts";
import type { Turn } from "./pieces-in-turn.ts";

/** What is computed at one place of the order: the values of a group, or a value that no group has. */
interface Node {
  rank: number;
  /** The last search that found it, and the last join that it was part of. */
  seenBy: number;
  joinedBy: number;
  readonly inputs: Node[];
  readonly readers: Node[];
}

/** Views that a group reads through, and makes again for itself. */
type Views = { readonly has: (value: Value) => boolean };

/**
 * An order in which groups and the values outside them can be computed, kept while values join groups. Each
 * has a rank above the ranks of what it reads. Whether a join would make two of them wait for each other is
 * seen by their ranks, or by a search among the ranks between the ones that become one; only those ranks change.
 */
export class GroupOrder {
  readonly #facts: GraphFacts;
  readonly #nodeOf = new Map<Value, Node>();
  #searches = 0;
  #joins = 0;

  constructor(facts: GraphFacts) {
    this.#facts = facts;
    for (const [rank, value] of facts.values.entries()) {
      const node: Node = { rank, seenBy: 0, joinedBy: 0, inputs: [], readers: [] };
      this.#nodeOf.set(value, node);
      for (const input of facts.inputsOf(value)) link(this.#at(input), node);
    }
  }

  /**
   * Makes `values` part of `group`, unless something else would then both need and be needed by it: the
   * answer is `false`, and nothing has changed. `views` are what the group reads through from now on.
   */
  join(group: Group, values: readonly Value[], views: Views = group.views): boolean {
    const own = this.#at(group.head);
    const joined = this.#marked(own, values);
    const added = new Set<Node>();
    for (const value of values) this.#addInputs(added, value, views);
    const between = rankBetween(joined, added);
    if (between !== undefined) own.rank = between;
    else if (!this.#moveBetween(joined, added)) return false;
    const readers = joined.flatMap((node) => node.readers);
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

  /** Makes room in the order for what becomes one, unless that would wait for itself: `false`. */
  #moveBetween(joined: readonly Node[], added: ReadonlySet<Node>): boolean {
    const [own] = joined as [Node];
    const isOther = (node: Node): boolean => node.joinedBy !== own.joinedBy;
    const inputs = new Set([...own.inputs, ...added].filter(isOther));
    const readers = new Set(joined.flatMap((node) => node.readers.filter(isOther)));
    const ranks = joined.map(({ rank }) => rank);
    const before = this.#before(inputs, new Set(joined), Math.min(...ranks));
    if (before === undefined) return false;
    rearrange(before, own, this.#after(readers, Math.max(...ranks)), ranks);
    return true;
  }

  /** Makes what computes `first` come before what computes `then`, unless it needs that: `false`. */
  precede(first: Value, then: Value): boolean {
    const [one, other] = [this.#at(first), this.#at(then)];
    if (one === other) return false;
    if (one.rank > other.rank) {
      const before = this.#before(new Set([one]), new Set([other]), other.rank);
      if (before === undefined) return false;
      const after = this.#after(new Set([other]), one.rank);
      rearrange(before, undefined, after, []);
    }
    link(one, other);
    return true;
  }

  /** The turns that can be kept, which from now on are. */
  keep(turns: readonly Turn[]): readonly Turn[] {
    return turns.filter(({ first, then }) => this.precede(first, then));
  }

  /** All that is needed for `inputs`, down to rank `low`; `undefined` where one of `joined` is. */
  #before(inputs: ReadonlySet<Node>, joined: ReadonlySet<Node>, low: number): Node[] | undefined {
    const search = ++this.#searches;
    const found: Node[] = [];
    const visit = (node: Node): void => {
      if (node.rank < low || node.seenBy === search) return;
      node.seenBy = search;
      found.push(node);
    };
    for (const input of inputs) visit(input);
    for (let n = 0; n < found.length; n++) {
      for (const input of (found[n] as Node).inputs) {
        if (joined.has(input)) return undefined;
        visit(input);
      }
    }
    return found;
  }

  /** All that waits for `readers`, up to rank `high`. */
  #after(readers: ReadonlySet<Node>, high: number): Node[] {
    const search = ++this.#searches;
    const found: Node[] = [];
    const visit = (node: Node): void => {
      if (node.rank > high || node.seenBy === search) return;
      node.seenBy = search;
      found.push(node);
    };
    for (const reader of readers) visit(reader);
    for (let n = 0; n < found.length; n++) (found[n] as Node).readers.forEach(visit);
    return found;
  }

  /** What a value reads, through `views` down to what these are of. */
  #addInputs(inputs: Set<Node>, value: Value, views: Views): void {
    for (const input of this.#facts.inputsOf(value)) {
      if (views.has(input)) this.#addInputs(inputs, input, views);
      else inputs.add(this.#at(input));
    }
  }

  #at(value: Value): Node {
    const node = this.#nodeOf.get(value);
    invariant(node !== undefined, `${value.op} is not part of the graph that is fused`);
    return node;
  }
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

/** Gives the ranks of all of them anew: what comes before `own` keeps its order, and what comes after it. */
function rearrange(
  before: Node[],
  own: Node | undefined,
  after: Node[],
  joined: readonly number[],
): void {
  if (joined.length === 1) return;
  const free = [...joined];
  for (const { rank } of before) free.push(rank);
  for (const { rank } of after) free.push(rank);
  free.sort((a, b) => a - b);
  before.sort(byRank).forEach((node, n) => {
    node.rank = free[n] as number;
  });
  if (own !== undefined) own.rank = free[before.length] as number;
  after.sort(byRank).forEach((node, n) => {
    node.rank = free[free.length - after.length + n] as number;
  });
}

function byRank(one: Node, other: Node): number {
  return one.rank - other.rank;
}
