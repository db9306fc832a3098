// CIDEr of captions by the rule of the COCO caption toolkit (CIDEr-D: clipped counts, a penalty on length).
import { roundedLog, roundedPow } from "../../numbers/rounded.ts";
import { type CaptionNgrams, longestNgram, ngramsOf } from "./ngrams.ts";

const sigma = 6;
const scale = 10;

interface WeightedNgrams {
  /** By n - 1: weights of the n-grams, and the length of the vector. */
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** The sum of the counts of bigrams, which the toolkit takes for the length. */
  readonly bigrams: number;
}

/** The logarithm of how many images have an n-gram in some reference, by its text; 0 is that of none, too. */
type LogFrequencies = ReadonlyMap<string, number>;

/**
 * CIDEr of each image, 0 to 10 and above only by rounding. Document frequencies are those of the references of all
 * images given here, so that an image alone scores 0: its n-grams distinguish it from nothing.
 */
export function ciderPerImage(
  items: readonly { readonly candidate: string; readonly references: readonly string[] }[],
): readonly number[] {
  const cooked = items.map(({ candidate, references }) => ({
    candidate: ngramsOf(candidate),
    references: references.map(ngramsOf),
  }));
  const frequencies = logFrequencies(cooked.map(({ references }) => references));
  const logImages = roundedLog(items.length);
  return cooked.map(({ candidate, references }) => {
    const own = weigh(candidate, frequencies, logImages);
    const sums = new Float64Array(longestNgram);
    for (const reference of references) {
      const similarities = similarity(own, weigh(reference, frequencies, logImages));
      for (const [order, value] of similarities.entries()) sums[order] = (sums[order] ?? 0) + value;
    }
    const mean = sums.reduce((sum, value) => sum + value, 0) / longestNgram;
    return (mean / references.length) * scale;
  });
}

function logFrequencies(images: readonly (readonly CaptionNgrams[])[]): LogFrequencies {
  const frequencies = new Map<string, number>();
  for (const references of images) {
    const found = new Set(
      references.flatMap(({ byLength }) => byLength.flatMap((counts) => [...counts.keys()])),
    );
    for (const ngram of found) frequencies.set(ngram, (frequencies.get(ngram) ?? 0) + 1);
  }
  const logs = new Map([...new Set(frequencies.values())].map((own) => [own, roundedLog(own)]));
  return new Map([...frequencies].map(([ngram, own]) => [ngram, logs.get(own) ?? 0]));
}

function weigh(
  { byLength }: CaptionNgrams,
  frequencies: LogFrequencies,
  logImages: number,
): WeightedNgrams {
  let bigrams = 0;
  const norms: number[] = [];
  const weights = byLength.map((counts, order) => {
    const weighted = new Map<string, number>();
    let squares = 0;
    for (const [ngram, count] of counts) {
      const weight = count * (logImages - (frequencies.get(ngram) ?? 0));
      weighted.set(ngram, weight);
      squares += weight ** 2;
      if (order === 1) bigrams += count;
    }
    norms.push(Math.sqrt(squares));
    return weighted;
  });
  return { weights, norms, bigrams };
}

/** By n - 1: the cosine of the vectors, in which the candidate's weights are clipped to the reference's. */
function similarity(own: WeightedNgrams, reference: WeightedNgrams): readonly number[] {
  const delta = own.bigrams - reference.bigrams;
  const penalty = roundedPow(Math.E, -(delta ** 2) / (2 * sigma ** 2));
  return own.weights.map((weights, order) => {
    let product = 0;
    for (const [ngram, weight] of weights) {
      const other = reference.weights[order]?.get(ngram) ?? 0;
      product += Math.min(weight, other) * other;
    }
    const norms = (own.norms[order] ?? 0) * (reference.norms[order] ?? 0);
    return (norms === 0 ? product : product / norms) * penalty;
  });
}
