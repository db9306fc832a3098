// Retrieval: the place of the right item among a gallery, where equal scores are broken by the lower index.

/**
 * For each query of a score matrix [queries, gallery], row-major, the best place from 1 of an item that is right for
 * it: 1 + items of a higher score + items of an equal score and a lower index.
 */
export function bestPlaces(
  scores: ArrayLike<number>,
  gallery: number,
  rightItems: readonly (readonly number[])[],
): Uint32Array {
  return Uint32Array.from(rightItems, (right, query) => {
    const start = query * gallery;
    const best = bestItem(scores, start, right);
    return best === undefined ? nowhere : placeOf(scores, start, gallery, best);
  });
}

/** The place of what is not in the gallery: behind any depth that is asked for. */
const nowhere = 2 ** 32 - 1;

/** Of the right items the one that stands first: its place is the best. */
function bestItem(
  scores: ArrayLike<number>,
  start: number,
  items: readonly number[],
): number | undefined {
  let best: number | undefined;
  for (const item of items) {
    const own = scores[start + item] ?? Number.NaN;
    const other = best === undefined ? undefined : (scores[start + best] ?? Number.NaN);
    if (best === undefined || other === undefined || own > other || (own === other && item < best))
      best = item;
  }
  return best;
}

function placeOf(scores: ArrayLike<number>, start: number, gallery: number, item: number): number {
  const own = scores[start + item] ?? Number.NaN;
  let place = 1;
  for (let other = 0; other < gallery; other++) {
    const value = scores[start + other] ?? Number.NaN;
    if (value > own || (value === own && other < item)) place++;
  }
  return place;
}

/** Scores [rows, columns] as [columns, rows]. */
export function transposed(scores: ArrayLike<number>, columns: number): Float32Array {
  const rows = columns === 0 ? 0 : scores.length / columns;
  const result = new Float32Array(scores.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = scores[row * columns + column] ?? 0;
  return result;
}

/**
 * Scores [queries, gallery], each times the softmax over the queries of its gallery item, without a temperature: what
 * many queries are close to counts less.
 */
export function dualSoftmax(scores: ArrayLike<number>, gallery: number): Float32Array {
  const most = new Float64Array(gallery).fill(Number.NEGATIVE_INFINITY);
  for (let index = 0; index < scores.length; index++) {
    const item = index % gallery;
    most[item] = Math.max(most[item] ?? 0, scores[index] ?? Number.NaN);
  }
  const sums = new Float64Array(gallery);
  const exponential = (index: number, item: number): number =>
    Math.exp((scores[index] ?? Number.NaN) - (most[item] ?? 0));
  for (let index = 0; index < scores.length; index++) {
    const item = index % gallery;
    sums[item] = (sums[item] ?? 0) + exponential(index, item);
  }
  return Float32Array.from({ length: scores.length }, (_, index) => {
    const item = index % gallery;
    return ((scores[index] ?? Number.NaN) * exponential(index, item)) / (sums[item] ?? 1);
  });
}
