import { type DrawnSample, seedOf } from "../../numbers/draws.ts";
import { epochSamples, type KeyGroups, keyCount } from "./key-groups.ts";
import { recordAt } from "./sample-order.ts";

/** In which order the records of a data set come. */
export interface EpochOrder {
  /** Samples of an epoch. */
  readonly size: number;
  /** The record at a place of an epoch; `turn` counts those before it that cannot be read. */
  recordAt(sample: DrawnSample, turn: number): number;
}

/** Each record once an epoch; in the place of one that is bad the next by number. */
export function shuffledOrder(size: number, seed: number): EpochOrder {
  return {
    size,
    recordAt: (sample, turn) => (recordAt(sample, size, seed) + turn) % size,
  };
}

/**
 * So many samples of one key behind each other, and no more of it in any `batch` that begin with a key. An epoch is a pass over
 * the keys, each time with the next records of each, until all of its records have been there equally often: the samples of a
 * key are distinct records where it has as many. Keys that come first are not those that came last in the epoch before: they
 * change places with some from the middle, of which there are enough where a batch has no more than a third of the keys.
 */
export class KeyOrder implements EpochOrder {
  readonly size: number;
  readonly #groups: KeyGroups;
  readonly #edge: number;
  readonly #seed: number;
  /** Places that are changed in an epoch that was asked for last. */
  #swapped: { readonly epoch: number; readonly places: ReadonlyMap<number, number> } | undefined;

  constructor(groups: KeyGroups, batch: number, seed: number) {
    this.size = epochSamples(groups);
    this.#groups = groups;
    this.#edge = Math.ceil(batch / groups.each) - 1;
    this.#seed = seed;
  }

  recordAt({ epoch, place }: DrawnSample, turn: number): number {
    const { members, starts, each } = this.#groups;
    const turnOfKey = Math.floor(place / each);
    const key = this.#keyAt(epoch, this.#swaps(epoch).get(turnOfKey) ?? turnOfKey);
    const [from = 0, to = 0] = [starts[key], starts[key + 1]];
    const count = to - from;
    // After so many epochs all of its records have been there equally often, and take another order.
    const round = count / gcd(count, each);
    const pass = {
      epoch: Math.floor(epoch / round),
      place: ((epoch % round) * each + (place % each)) % count,
    };
    const member = recordAt(pass, count, seedOf(this.#seed, key));
    const first = members[from + ((member + Math.min(turn, count - 1)) % count)] ?? 0;
    // Where a key has no good record left, the next by number is better than none.
    return (first + Math.max(0, turn - count + 1)) % members.length;
  }

  #keyAt(epoch: number, place: number): number {
    return recordAt({ epoch, place }, keyCount(this.#groups), this.#seed);
  }

  #swaps(epoch: number): ReadonlyMap<number, number> {
    if (this.#swapped?.epoch !== epoch)
      this.#swapped = { epoch, places: epoch === 0 ? new Map() : this.#swapsOf(epoch) };
    return this.#swapped.places;
  }

  /** What comes last in an epoch is never changed, so that this asks for one epoch alone. */
  #swapsOf(epoch: number): ReadonlyMap<number, number> {
    const edge = this.#edge;
    const end = keyCount(this.#groups) - 1;
    const last = Array.from({ length: edge }, (_, n) => this.#keyAt(epoch - 1, end - n));
    const recent = new Set(last);
    const places = new Map<number, number>();
    let free = edge;
    for (let place = 0; place < edge; place++) {
      if (!recent.has(this.#keyAt(epoch, place))) continue;
      while (recent.has(this.#keyAt(epoch, free))) free += 1;
      places.set(place, free);
      places.set(free, place);
      free += 1;
    }
    return places;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
