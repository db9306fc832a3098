import { InternalError } from "../../internal-error.ts";
import { seedOf } from "../../numbers/draws.ts";
import { placeOfSample, recordAt } from "./sample-order.ts";

/** A sample of a run as one of its data sets counts it. */
interface OwnSample {
  /** Which of the data sets. */
  readonly source: number;
  /** How many samples of it come before. */
  readonly number: number;
}

/**
 * Which data set each sample of a run is from. Of any `stretch` samples each set has its share, to one sample more or less, in
 * an order that is drawn for the stretch: so that what a sample is depends on its number alone, and each set's records
 * come in an order of their own, each once an epoch of it.
 */
export class DataShares {
  /** Where the share of each set ends, from 0 to 1. */
  readonly #ends: readonly number[];
  readonly #seed: number;
  /** The stretch that was asked for last. */
  #dealt: { readonly turn: number; readonly samples: readonly OwnSample[] } | undefined;

  /** `weights` above 0, in any unit. */
  constructor(weights: readonly number[], seed: number) {
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    const ends = weights.map((weight) => {
      sum += weight;
      return sum / all;
    });
    // The last sample of a stretch is somebody's, whatever was rounded.
    this.#ends = [...ends.slice(0, -1), 1];
    this.#seed = seedOf(seed, orderOfSets);
  }

  at(sample: number): OwnSample {
    const { epoch: turn, place } = placeOfSample(sample, stretch);
    if (this.#dealt?.turn !== turn) this.#dealt = { turn, samples: this.#deal(turn) };
    const own = this.#dealt.samples[place];
    if (own === undefined) throw new InternalError(`there is no place ${place}`);
    return own;
  }

  /** The samples of a stretch. Those of a set are counted in the order in which they come. */
  #deal(turn: number): readonly OwnSample[] {
    const next = [...this.#ends.keys()].map((source) => this.#before(source, turn));
    const cards = next.flatMap((before, source) =>
      Array.from({ length: this.#before(source, turn + 1) - before }, () => source),
    );
    return cards.map((_, place) => {
      const source = cards[recordAt({ epoch: turn, place }, stretch, this.#seed)] ?? 0;
      const number = next[source] ?? 0;
      next[source] = number + 1;
      return { source, number };
    });
  }

  /** Samples of a set in so many stretches. It never falls, because a share adds more than nothing to each. */
  #before(source: number, stretches: number): number {
    const all = stretches * stretch;
    const from = source === 0 ? 0 : Math.floor(all * (this.#ends[source - 1] ?? 0));
    return Math.floor(all * (this.#ends[source] ?? 1)) - from;
  }
}

/** Samples in which the shares are held; a power of four, which the order permutes at once. */
const stretch = 256;
/** Which part of the seed it draws with; parts of data sets are numbered from 1. */
const orderOfSets = -1;
