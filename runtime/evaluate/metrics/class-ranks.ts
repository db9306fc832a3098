// Classification: how high the right class stands among the scores of an image, and the classes that rank first.

/** Whether a class of a higher score, or of an equal score and a lower number, stands before another. */
function standsBefore(scores: ArrayLike<number>, left: number, right: number): boolean {
  const [one, other] = [scores[left] ?? Number.NaN, scores[right] ?? Number.NaN];
  return one > other || (one === other && left < right);
}

/** The place of a class among the scores, from 0: the number of classes that stand before it. */
export function rankOf(scores: ArrayLike<number>, label: number): number {
  let rank = 0;
  for (let other = 0; other < scores.length; other++)
    if (other !== label && standsBefore(scores, other, label)) rank++;
  return rank;
}

/** The first `count` classes by score; of equal scores the lower number first. */
export function topClasses(scores: ArrayLike<number>, count: number): readonly number[] {
  const first: number[] = [];
  for (let label = 0; label < scores.length; label++) {
    const last = first.at(-1);
    if (first.length === count && last !== undefined && !standsBefore(scores, label, last))
      continue;
    const place = first.findIndex((other) => standsBefore(scores, label, other));
    first.splice(place < 0 ? first.length : place, 0, label);
    if (first.length > count) first.pop();
  }
  return first;
}

/** The columns of some classes, in their order: a model of 1,000 classes on a set that has 200 of them. */
export function maskedScores(scores: ArrayLike<number>, classes: readonly number[]): Float32Array {
  return Float32Array.from(classes, (label) => scores[label] ?? Number.NaN);
}
