// BLEU-1 to BLEU-4 of captions: clipped n-gram precision with a brevity penalty, the closest reference length.
import { roundedExp, roundedPow } from "../../numbers/rounded.ts";
import { type CaptionNgrams, longestNgram } from "./ngrams.ts";

/** What is summed over images before precisions are formed. */
export interface BleuCounts {
  readonly length: number;
  /** Of the reference whose length is closest; the shorter one of two that are equally close. */
  readonly referenceLength: number;
  /** By n - 1: n-grams of the candidate, and those that some reference has, at most as often as it has them. */
  readonly guesses: readonly number[];
  readonly matches: readonly number[];
}

// Both keep quotients defined, in the place where the toolkit of COCO captions has them.
const tiny = 1e-15;
const small = 1e-9;

export function bleuCounts(
  candidate: CaptionNgrams,
  references: readonly CaptionNgrams[],
): BleuCounts {
  const { length } = candidate;
  const closest = references
    .map((reference) => reference.length)
    .reduce((best, own) => {
      const [gap, bestGap] = [Math.abs(own - length), Math.abs(best - length)];
      return gap < bestGap || (gap === bestGap && own < best) ? own : best;
    }, Number.POSITIVE_INFINITY);
  const orders = Array.from({ length: longestNgram }, (_, index) => index);
  return {
    length,
    referenceLength: closest === Number.POSITIVE_INFINITY ? 0 : closest,
    guesses: orders.map((order) => Math.max(0, length - order)),
    matches: orders.map((order) => clippedMatches(candidate, references, order)),
  };
}

function clippedMatches(
  candidate: CaptionNgrams,
  references: readonly CaptionNgrams[],
  order: number,
): number {
  let matches = 0;
  for (const [ngram, count] of candidate.byLength[order] ?? []) {
    const most = references.reduce(
      (found, reference) => Math.max(found, reference.byLength[order]?.get(ngram) ?? 0),
      0,
    );
    matches += Math.min(count, most);
  }
  return matches;
}

/** BLEU-1 to BLEU-4 of one image or of the sums over many. */
export function bleuScores(counts: BleuCounts): readonly number[] {
  const lengthRatio = (counts.length + tiny) / (counts.referenceLength + small);
  const penalty = lengthRatio < 1 ? roundedExp(1 - 1 / lengthRatio) : 1;
  let product = 1;
  return counts.guesses.map((guesses, index) => {
    product *= ((counts.matches[index] ?? 0) + tiny) / (guesses + small);
    return roundedPow(product, 1 / (index + 1)) * penalty;
  });
}
