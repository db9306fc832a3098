// A classifier from texts: each class is the mean direction of the texts that its templates make of its name.
import { rowProducts } from "./row-products.ts";

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
  embeddings: Float32Array,
  classes: number,
  width: number,
): Float32Array {
  const templates = classes === 0 ? 0 : embeddings.length / (classes * width);
  const directions = new ClassDirections(classes, templates);
  directions.add(embeddings, width);
  return directions.finish();
}

/** The same where the embeddings come in blocks, which may end anywhere in a class. */
export class ClassDirections {
  readonly #classes: number;
  readonly #templates: number;
  #means = new Float32Array();
  #sums = new Float64Array();
  #rows = 0;

  constructor(classes: number, templates: number) {
    this.#classes = classes;
    this.#templates = templates;
  }

  get width(): number {
    return this.#sums.length;
  }

  /** The next rows [text, width]: class by class, each in all templates. */
  add(embeddings: Float32Array, width: number): void {
    if (this.#rows === 0) {
      this.#means = new Float32Array(this.#classes * width);
      this.#sums = new Float64Array(width);
    }
    const rows = normalisedRows(embeddings, width);
    for (let start = 0; start < rows.length; start += width) {
      for (let column = 0; column < width; column++)
        this.#sums[column] = (this.#sums[column] ?? 0) + (rows[start + column] ?? 0);
      this.#rows++;
      if (this.#rows % this.#templates !== 0) continue;
      const label = this.#rows / this.#templates - 1;
      this.#means.set(
        this.#sums.map((sum) => sum / this.#templates),
        label * width,
      );
      this.#sums.fill(0);
    }
  }

  /** [class, width], of unit length. */
  finish(): Float32Array {
    return normalisedRows(this.#means, this.width);
  }
}

/** Scores [image, class] of image embeddings: 100 times the cosine with each class direction, in float32. */
export function classLogits(
  embeddings: ArrayLike<number>,
  directions: Float32Array,
  width: number,
): Float32Array {
  return rowProducts(normalisedRows(embeddings, width), directions, width, logitScale);
}
