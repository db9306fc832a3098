// Counts of the runs of one to four tokens in a tokenised caption.

/** The longest n-gram that captions are compared by. */
export const longestNgram = 4;

/** Counts of the n-grams of one length by their text, in the order in which they first occur. */
type NgramCounts = ReadonlyMap<string, number>;

export interface CaptionNgrams {
  /** Tokens of the caption. */
  readonly length: number;
  /** Element n - 1: the n-grams. */
  readonly byLength: readonly NgramCounts[];
}

/** The n-grams of a caption whose tokens are separated by white space. */
export function ngramsOf(caption: string): CaptionNgrams {
  const tokens = caption.split(/\s+/u).filter((token) => token !== "");
  const byLength = Array.from({ length: longestNgram }, (_, index) => {
    const counts = new Map<string, number>();
    for (let start = 0; start + index < tokens.length; start++) {
      const ngram = tokens.slice(start, start + index + 1).join(" ");
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
    return counts;
  });
  return { length: tokens.length, byLength };
}
