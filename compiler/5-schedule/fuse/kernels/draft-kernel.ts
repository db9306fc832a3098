import type { Value } from "../../../ir/graph/graph.ts";
import type { GraphFacts } from "../graph-facts.ts";
import type { Group } from "../group.ts";
import type { Placement } from "../place-value.ts";
import { type Asked, KernelBuilder, type TensorOf } from "./build-kernel.ts";

/**
 * The kernel of a group while it is asked for more and more. When values are grouped again most groups are what they
 * were, and are asked for the same: as long as that holds of a kernel `before`, nothing is built.
 */
export class KernelDraft {
  readonly group: Group;
  readonly #facts: GraphFacts;
  readonly #tensorOf: TensorOf;
  #before: KernelBuilder | undefined;
  /** How much of what that one was asked this one was asked too. */
  #repeated = 0;
  #builder: KernelBuilder | undefined;

  constructor(
    group: Group,
    facts: GraphFacts,
    tensorOf: TensorOf,
    before: KernelBuilder | undefined,
  ) {
    this.group = group;
    this.#facts = facts;
    this.#tensorOf = tensorOf;
    const isSame = before !== undefined && isSameGroup(before.group, group);
    this.#before = isSame ? before : undefined;
  }

  store(asked: Asked): void {
    if (this.#before !== undefined && this.#isRepeated(this.#before, asked)) this.#repeated += 1;
    else this.#anew().store(asked);
  }

  /** The kernel, when it is asked for nothing any more. */
  get builder(): KernelBuilder {
    const before = this.#before;
    const isWhole = before !== undefined && before.answered.length === this.#repeated;
    return isWhole ? before.moveTo(this.group) : this.#anew();
  }

  #isRepeated({ answered }: KernelBuilder, { value, tensor, update }: Asked): boolean {
    const known = answered[this.#repeated];
    return (
      known !== undefined &&
      known.value === value &&
      known.tensor === tensor &&
      known.update === update &&
      // Asked in the order in which the kernel would ask: that is how tensors are numbered, and others asked to make them.
      known.told.every((told) => this.#tensorOf(told.value) === told.tensor)
    );
  }

  /** A kernel that is built, and was asked all that was asked for so far. */
  #anew(): KernelBuilder {
    if (this.#builder !== undefined) return this.#builder;
    const builder = new KernelBuilder(this.group, this.#facts, this.#tensorOf);
    for (const asked of this.#before?.answered.slice(0, this.#repeated) ?? []) builder.store(asked);
    this.#before = undefined;
    this.#builder = builder;
    return builder;
  }
}

function isSameGroup(a: Group, b: Group): boolean {
  return (
    a.engine === b.engine &&
    a.head === b.head &&
    a.contraction === b.contraction &&
    a.isCopy === b.isCopy &&
    isSameList(a.loops.grid, b.loops.grid) &&
    isSameList(a.loops.lanes, b.loops.lanes) &&
    isSamePlaces(a.members, b.members) &&
    isSamePlaces(a.views, b.views)
  );
}

/** The same values in the same order, each at the same place. */
function isSamePlaces(a: ReadonlyMap<Value, Placement>, b: ReadonlyMap<Value, Placement>): boolean {
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [value, placement] of a) {
    const [other, place = []] = others.next().value ?? [];
    if (value !== other || !isSameList(placement, place)) return false;
  }
  return true;
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((one, n) => one === b[n]));
}
