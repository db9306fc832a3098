// Metrics a second time: slow, obvious, and written from their definitions, for comparison with those of the runtime.

/** How many permutations of what is counted by hand: the place of an item when all are sorted. */
export function sortedPlace(scores: readonly number[], item: number): number {
  const order = scores
    .map((score, index) => ({ score, index }))
    .sort((left, right) => right.score - left.score || left.index - right.index);
  return 1 + order.findIndex(({ index }) => index === item);
}

/** The edit distance by its recursive definition. */
export function slowEditDistance(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  const known = new Map<string, number>();
  const distance = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const found =
      known.get(key) ??
      Math.min(
        distance(i - 1, j) + 1,
        distance(i, j - 1) + 1,
        distance(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    known.set(key, found);
    return found;
  };
  return distance(a.length, b.length);
}

/** The longest subsequence that two lists share, by trying every subsequence of the first. */
function slowCommonLength(left: readonly string[], right: readonly string[]): number {
  let best = 0;
  for (let mask = 0; mask < 2 ** left.length; mask++) {
    const chosen = left.filter((_, index) => (mask >> index) & 1);
    let place = 0;
    for (const token of right) if (token === chosen[place]) place++;
    if (place === chosen.length) best = Math.max(best, chosen.length);
  }
  return best;
}

/** ROUGE-L from the lengths of common subsequences. */
export function slowRougeL(candidate: string, references: readonly string[]): number {
  const own = candidate.split(" ");
  const shared = references.map((reference) => {
    const other = reference.split(" ");
    return { lcs: slowCommonLength(own, other), length: other.length };
  });
  const precision = Math.max(...shared.map(({ lcs }) => lcs / own.length));
  const recall = Math.max(...shared.map(({ lcs, length }) => lcs / length));
  if (precision * recall === 0) return 0;
  return ((1 + 1.2 ** 2) * precision * recall) / (recall + 1.2 ** 2 * precision);
}

function grams(text: string, n: number): readonly string[] {
  const tokens = text.split(" ").filter((token) => token !== "");
  return tokens.flatMap((_, start) =>
    start + n <= tokens.length ? [JSON.stringify(tokens.slice(start, start + n))] : [],
  );
}

const count = (list: readonly string[], wanted: string): number =>
  list.filter((one) => one === wanted).length;

/** BLEU-1 to BLEU-4 of a set. */
export function slowBleu(
  pairs: readonly { readonly candidate: string; readonly references: readonly string[] }[],
): readonly number[] {
  const words = (text: string): number => grams(text, 1).length;
  const lengths = pairs.map(({ candidate, references }) => {
    const closest = references
      .map(words)
      .sort((a, b) => Math.abs(a - words(candidate)) - Math.abs(b - words(candidate)) || a - b);
    return { own: words(candidate), closest: closest[0] ?? 0 };
  });
  const total = (pick: (one: { own: number; closest: number }) => number): number =>
    lengths.reduce((sum, one) => sum + pick(one), 0);
  const brevity = (total((one) => one.own) + 1e-15) / (total((one) => one.closest) + 1e-9);
  const penalty = Math.min(1, Math.exp(1 - 1 / brevity));
  const precisions = [1, 2, 3, 4].map((n) => {
    let [matches, guesses] = [0, 0];
    for (const { candidate, references } of pairs) {
      const own = grams(candidate, n);
      guesses += own.length;
      for (const gram of new Set(own))
        matches += Math.min(
          count(own, gram),
          Math.max(...references.map((reference) => count(grams(reference, n), gram))),
        );
    }
    return (matches + 1e-15) / (guesses + 1e-9);
  });
  return precisions.map(
    (_, index) =>
      penalty *
      precisions.slice(0, index + 1).reduce((all, one) => all * one, 1) ** (1 / (index + 1)),
  );
}

/** CIDEr of each image, from vectors over all n-grams that occur anywhere. */
export function slowCider(
  pairs: readonly { readonly candidate: string; readonly references: readonly string[] }[],
): readonly number[] {
  return pairs.map(({ candidate, references }) => {
    const perReference = references.map((reference) => {
      const perLength = [1, 2, 3, 4].map((n) => {
        const all = [...new Set([...grams(candidate, n), ...grams(reference, n)])];
        const weight = (text: string, gram: string): number => {
          const images = pairs.filter((pair) =>
            pair.references.some((one) => grams(one, n).includes(gram)),
          ).length;
          return (
            count(grams(text, n), gram) * (Math.log(pairs.length) - Math.log(Math.max(1, images)))
          );
        };
        const [own, other] = [candidate, reference].map((text) =>
          all.map((gram) => weight(text, gram)),
        ) as [number[], number[]];
        const norm = (vector: number[]): number => Math.hypot(...vector);
        const product = own.reduce(
          (sum, value, index) => sum + Math.min(value, other[index] ?? 0) * (other[index] ?? 0),
          0,
        );
        const scale = norm(own) * norm(other);
        const delta = grams(candidate, 2).length - grams(reference, 2).length;
        return (scale === 0 ? 0 : product / scale) * Math.exp(-(delta ** 2) / 72);
      });
      return perLength.reduce((sum, value) => sum + value, 0) / 4;
    });
    return (10 * perReference.reduce((sum, value) => sum + value, 0)) / references.length;
  });
}

/** VQA accuracy of texts that are normalised already, leaving out each annotator in turn. */
export function slowVqaAccuracy(answer: string, references: readonly string[]): number {
  const scores = references.map((_, left) => {
    const others = references.filter((_, index) => index !== left);
    return Math.min(1, others.filter((one) => one === answer).length / 3);
  });
  return scores.reduce((sum, value) => sum + value, 0) / references.length;
}

/** IoU of one class, pixel by pixel over sets of places. */
export function slowIou(
  maps: readonly { readonly predicted: readonly number[]; readonly labels: readonly number[] }[],
  label: number,
): number | null {
  let [shared, either] = [0, 0];
  for (const { predicted, labels } of maps)
    labels.forEach((truth, pixel) => {
      if (truth === 255) return;
      const [isGuess, isTruth] = [predicted[pixel] === label, truth === label];
      if (isGuess && isTruth) shared++;
      if (isGuess || isTruth) either++;
    });
  return either === 0 ? null : shared / either;
}

/** Scores times the softmax over the queries, entry by entry. */
export function slowDualSoftmax(scores: readonly (readonly number[])[]): number[][] {
  return scores.map((row) =>
    row.map((value, item) => {
      const column = scores.map((other) => Math.exp(other[item] ?? 0));
      return (value * Math.exp(value)) / column.reduce((sum, one) => sum + one, 0);
    }),
  );
}
