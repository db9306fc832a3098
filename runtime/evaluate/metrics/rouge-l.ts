// ROUGE-L of captions: the longest common subsequence as an F-measure in which recall weighs more.

const beta = 1.2;

/**
 * ROUGE-L of a tokenised caption against its references, 0 to 1. Precision and recall are each the best over the
 * references, not of one of them. An empty text counts as one empty token.
 */
export function rougeL(candidate: string, references: readonly string[]): number {
  const own = candidate.split(" ");
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const other = reference.split(" ");
    const shared = longestCommonSubsequence(own, other);
    precision = Math.max(precision, shared / own.length);
    recall = Math.max(recall, shared / other.length);
  }
  if (precision === 0 || recall === 0) return 0;
  const weight = beta ** 2;
  return ((1 + weight) * precision * recall) / (recall + weight * precision);
}

/** Its length, one row of the table at a time. */
function longestCommonSubsequence(left: readonly string[], right: readonly string[]): number {
  let above = new Uint32Array(right.length + 1);
  for (const token of left) {
    const row = new Uint32Array(right.length + 1);
    for (const [index, other] of right.entries())
      row[index + 1] =
        token === other
          ? (above[index] ?? 0) + 1
          : Math.max(above[index + 1] ?? 0, row[index] ?? 0);
    above = row;
  }
  return above[right.length] ?? 0;
}
