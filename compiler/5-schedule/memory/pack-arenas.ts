import type { Kernel } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { ArenaSpace } from "./arena-space.ts";
import { type Lifetime, largestLiveSet } from "./tensor-lifetimes.ts";

export interface ArenaTensor extends Lifetime {
  readonly id: number;
  readonly bytes: number;
}

interface ArenaPlace {
  readonly id: number;
  readonly arena: number;
  readonly offset: number;
}

interface Arenas {
  readonly sizes: readonly number[];
  readonly places: readonly ArenaPlace[];
}

/**
 * Places tensors greedily, each in the arena and gap where the arenas grow least; of several orders and
 * choices between equals the one with the fewest bytes in all wins (the largest first is rarely far from
 * the bound, arXiv 2001.03288). Tensors that one kernel reads and writes never share an arena.
 */
export function packArenas(
  kernels: readonly Kernel[],
  tensors: readonly ArenaTensor[],
  maxBytes: number,
  reads: ReadsOf,
): Arenas {
  const separate = neighboursOf(kernels, new Set(tensors.map(({ id }) => id)), reads);
  const bound = largestLiveSet(tensors);
  let best: Arenas | undefined;
  for (const order of orders) {
    const sorted = [...tensors].sort(order);
    for (const preference of preferences) {
      const most = best === undefined ? Number.POSITIVE_INFINITY : total(best);
      best = packInOrder(sorted, separate, { maxBytes, preference, most }) ?? best;
      if (best !== undefined && total(best) <= bound) return best;
    }
  }
  return best ?? { sizes: [], places: [] };
}

const none: Iterable<number> = [];

type Order = (a: ArenaTensor, b: ArenaTensor) => number;

const byTime: Order = (a, b) => a.first - b.first || a.id - b.id;
const orders: readonly Order[] = [
  (a, b) => b.bytes - a.bytes || byTime(a, b),
  (a, b) => b.bytes * (b.last - b.first + 1) - a.bytes * (a.last - a.first + 1) || byTime(a, b),
  byTime,
  // Backwards: what is read last is placed first.
  (a, b) => b.last - a.last || a.id - b.id,
  (a, b) => b.bytes - a.bytes || b.last - a.last || a.id - b.id,
];

/** Which of two arenas that would grow as much is better: the smaller number. */
type Preference = (isNew: boolean, slack: number) => number;

const preferences: readonly Preference[] = [
  // The first one: fewer buffers are easier to bind.
  (isNew) => (isNew ? 1 : 0),
  // The one that it fills best.
  (isNew, slack) => (isNew ? Number.POSITIVE_INFINITY : slack),
  // One of its own: nothing is kept from the others that way.
  (isNew) => (isNew ? 0 : 1),
];

function total({ sizes }: Arenas): number {
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

interface PackOptions {
  readonly maxBytes: number;
  readonly preference: Preference;
  /** Bytes of a packing that is known: arenas only grow, so one that has reached them is given up. */
  readonly most: number;
}

/** Undefined where the arenas would take no fewer bytes than `most`. */
function packInOrder(
  tensors: readonly ArenaTensor[],
  separate: ReadonlyMap<number, ReadonlySet<number>>,
  { maxBytes, preference, most }: PackOptions,
): Arenas | undefined {
  const sizes: number[] = [];
  const inside: ArenaSpace[] = [];
  const places: ArenaPlace[] = [];
  const arenaOf = new Map<number, number>();
  // Of each arena the last tensor that may not lie in it.
  const refused: (ArenaTensor | undefined)[] = [];
  let bytes = 0;
  for (const tensor of tensors) {
    for (const enemy of separate.get(tensor.id) ?? none) {
      const taken = arenaOf.get(enemy);
      if (taken !== undefined) refused[taken] = tensor;
    }
    let choice: Choice | undefined;
    for (let arena = 0; arena <= sizes.length; arena++) {
      if (refused[arena] === tensor) continue;
      const offset = inside[arena]?.gapFor(tensor) ?? 0;
      const end = offset + tensor.bytes;
      const size = sizes[arena] ?? 0;
      const isNew = arena === sizes.length;
      if (end > maxBytes && !isNew) continue;
      const growth = Math.max(0, end - size);
      if (choice !== undefined && growth > choice.growth) continue;
      const rank = preference(isNew, Math.max(0, size - end));
      if (choice === undefined || growth < choice.growth || rank < choice.rank)
        choice = { arena, offset, growth, rank };
    }
    if (choice === undefined) continue;
    const { arena, offset, growth } = choice;
    bytes += growth;
    if (bytes >= most) return undefined;
    sizes[arena] = (sizes[arena] ?? 0) + growth;
    inside[arena] ??= new ArenaSpace();
    inside[arena].add(tensor, offset);
    places.push({ id: tensor.id, arena, offset });
    arenaOf.set(tensor.id, arena);
  }
  return { sizes, places };
}

interface Choice {
  readonly arena: number;
  readonly offset: number;
  readonly growth: number;
  readonly rank: number;
}

/** For each tensor those that a kernel reads where it writes this one, or the other way round. */
function neighboursOf(
  kernels: readonly Kernel[],
  known: ReadonlySet<number>,
  readsOf: ReadsOf,
): ReadonlyMap<number, ReadonlySet<number>> {
  const apart = new Map<number, Set<number>>();
  const add = (a: number, b: number): void => {
    const others = apart.get(a) ?? new Set();
    apart.set(a, others.add(b));
  };
  for (const kernel of kernels) {
    const reads = readsOf(kernel).filter((tensor) => known.has(tensor));
    for (const written of writesOf(kernel).filter((tensor) => known.has(tensor))) {
      for (const read of reads) {
        // Bound once, for both.
        if (read === written) continue;
        add(read, written);
        add(written, read);
      }
    }
  }
  return apart;
}
