// A classifier from texts: each class is the mean direction of the texts that its templates make of its name.

/** What scores are multiplied by; ranks do not depend on it. */
const logitScale = 100;

/** Rows of a matrix [rows, width], each divided by its length. */
export function normalisedRows(values: ArrayLike<number>, width: number): Float32Array {
  const result = Float32Array.from(values);
  for (let start = 0; start < result.length; start += width) {
    let squares = 0;
    for (let index = start; index < start + width; index++) squares += (result[index] ?? 0) ** 2;
    const length = Math.sqrt(squares);
    for (let index = start; index < start + width; index++)
      result[index] = (result[index] ?? 0) / length;
  }
  return result;
}

/**
 * From text embeddings [class, template, width] to class directions [class, width]: each normalised, averaged over the
 * templates of its class, normalised. Templates that stand twice count twice.
 */
export function classDirections(
  embeddings: ArrayLike<number>,
  classes: number,
  width: number,
): Float32Array {
  const rows = normalisedRows(embeddings, width);
  const templates = classes === 0 ? 0 : rows.length / (classes * width);
  const means = new Float32Array(classes * width);
  for (let label = 0; label < classes; label++)
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let template = 0; template < templates; template++)
        sum += rows[(label * templates + template) * width + column] ?? 0;
      means[label * width + column] = sum / templates;
    }
  return normalisedRows(means, width);
}

/** Scores [class] of one image embedding: 100 times the cosine with each class direction, in float32. */
export function classLogits(
  embedding: ArrayLike<number>,
  directions: Float32Array,
  width: number,
): Float32Array {
  const own = normalisedRows(embedding, width);
  return Float32Array.from({ length: directions.length / width }, (_, label) => {
    let sum = 0;
    for (let column = 0; column < width; column++)
      sum += (own[column] ?? 0) * (directions[label * width + column] ?? 0);
    return logitScale * sum;
  });
}
