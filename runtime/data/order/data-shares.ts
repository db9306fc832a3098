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
 * Which data set each sample of a run is from. Of any `stretch` samples each set has its share, to about a sample, in an
 * order that is drawn for the stretch: so that what a sample is depends on its number alone, and each set's records
 * come in an order of their own, each once an epoch of it.
 */
export class DataShares {
  /** What each set takes of the samples that those before it leave over: from 0 to 1, and 1 for the last. */
  readonly #parts: readonly number[];
  readonly #seed: number;
  /** The stretch that was asked for last. */
  #dealt: { readonly turn: number; readonly samples: readonly OwnSample[] } | undefined;

  /** `weights` above 0, in any unit. */
  constructor(weights: readonly number[], seed: number) {
    // Summed from the end, so that a small set after a large one keeps its part.
    const left = weights.map(() => 0);
    for (let source = weights.length - 1; source >= 0; source--) {
      left[source] = (weights[source] ?? 0) + (left[source + 1] ?? 0);
    }
    this.#parts = weights.map((weight, source) => weight / (left[source] ?? weight));
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
    const next = [...this.#before(turn)];
    const cards = this.#before(turn + 1).flatMap((end, source) =>
      Array.from({ length: end - (next[source] ?? 0) }, () => source),
    );
    return cards.map((_, place) => {
      const source = cards[recordAt({ epoch: turn, place }, stretch, this.#seed)] ?? 0;
      const number = next[source] ?? 0;
      next[source] = number + 1;
      return { source, number };
    });
  }

  /**
   * Samples of each set in so many stretches, `stretch` each in all. None ever falls, however small its share: of one
   * sample more, a set takes one or none, and leaves what it does not take.
   */
  #before(stretches: number): readonly number[] {
    let left = stretches * stretch;
    return this.#parts.map((part) => {
      const own = Math.min(left, Math.round(left * part));
      left -= own;
      return own;
    });
  }
}

/** Samples in which the shares are held; a power of four, which the order permutes at once. */
const stretch = 256;
/** Which part of the seed it draws with; parts of data sets are numbered from 1. */
const orderOfSets = -1;
