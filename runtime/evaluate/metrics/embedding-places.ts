// Places in retrieval straight from embeddings: no matrix of all scores is ever in memory.
import { fault } from "../../faults.ts";
import { rowProducts } from "./row-products.ts";
import { normalisedRows } from "./zero-shot-classifier.ts";

export interface EmbeddedPairs {
  /** [texts, width] and [images, width], not normalised. */
  readonly texts: ArrayLike<number>;
  readonly images: ArrayLike<number>;
  readonly width: number;
  /** By text, the index of its image. */
  readonly imageOfText: readonly number[];
}

/** Texts whose scores are in memory at a time. */
const textsAtATime = 64;
/** The place of an image without a text: behind any depth. */
const nowhere = 2 ** 32 - 1;

/**
 * By text the place of its image, by image that of its best text: as `bestPlaces` on the matrix of cosines in float32.
 * With `isDual` each cosine is weighted by the softmax over the queries of its way.
 *
 * @throws {RuntimeFault} `eval-request` where a score is NaN.
 */
export function embeddingPlaces(pairs: EmbeddedPairs, isDual: boolean) {
  const cosines = new CosineRows(pairs);
  const { imageOfText } = pairs;
  const weights = isDual ? softmaxSums(cosines) : undefined;
  const weighted = (value: number, sum: number | undefined): number =>
    weights === undefined ? value : Math.fround((value * Math.exp(value)) / (sum ?? 1));
  const own = ownCosines(cosines, imageOfText);
  const best = bestTexts(imageOfText, cosines.images, (text) =>
    weighted(own[text] ?? 0, weights?.ofText[text]),
  );
  const placeOfText = new Uint32Array(cosines.texts).fill(1);
  const placeOfImage = Uint32Array.from(best.texts, (text) => (text < 0 ? nowhere : 1));
  cosines.each((text, row) => {
    const right = imageOfText[text] ?? 0;
    const wanted = weighted(own[text] ?? 0, weights?.ofImage[right]);
    for (let image = 0; image < row.length; image++) {
      const value = row[image] ?? 0;
      const forText = weighted(value, weights?.ofImage[image]);
      if (forText > wanted || (forText === wanted && image < right))
        placeOfText[text] = (placeOfText[text] ?? 0) + 1;
      const first = best.texts[image] ?? -1;
      if (first < 0) continue;
      const forImage = weighted(value, weights?.ofText[text]);
      const most = best.scores[image] ?? 0;
      if (forImage > most || (forImage === most && text < first))
        placeOfImage[image] = (placeOfImage[image] ?? 0) + 1;
    }
  });
  return { placeOfText, placeOfImage };
}

/** Cosines of texts with all images, some texts at a time. */
class CosineRows {
  readonly texts: number;
  readonly images: number;
  readonly #texts: Float32Array;
  readonly #images: Float32Array;
  readonly #width: number;

  constructor({ texts, images, width }: EmbeddedPairs) {
    this.#texts = normalisedRows(texts, width);
    this.#images = normalisedRows(images, width);
    this.#width = width;
    this.texts = width === 0 ? 0 : texts.length / width;
    this.images = width === 0 ? 0 : images.length / width;
  }

  /** Rows of cosines by rising text. */
  each(visit: (text: number, row: Float32Array) => void): void {
    for (let start = 0; start < this.texts; start += textsAtATime) {
      const end = Math.min(start + textsAtATime, this.texts);
      const part = this.#texts.subarray(start * this.#width, end * this.#width);
      const found = rowProducts(part, this.#images, this.#width);
      for (let text = start; text < end; text++) {
        const from = (text - start) * this.images;
        visit(text, found.subarray(from, from + this.images));
      }
    }
  }
}

/** A cosine is at most 1, so that its exponential needs no maximum taken off. */
function softmaxSums(cosines: CosineRows) {
  const ofText = new Float64Array(cosines.texts);
  const ofImage = new Float64Array(cosines.images);
  cosines.each((text, row) => {
    for (let image = 0; image < row.length; image++) {
      const grown = Math.exp(row[image] ?? 0);
      ofText[text] = (ofText[text] ?? 0) + grown;
      ofImage[image] = (ofImage[image] ?? 0) + grown;
    }
  });
  return { ofText, ofImage };
}

/** Of each text with its own image. */
function ownCosines(cosines: CosineRows, imageOfText: readonly number[]): Float32Array {
  const own = new Float32Array(cosines.texts);
  cosines.each((text, row) => {
    if (row.some(Number.isNaN))
      throw fault("eval-request", { reason: `text ${text} has a score that is NaN` });
    own[text] = row[imageOfText[text] ?? 0] ?? 0;
  });
  return own;
}

/** By image the text that scores most, of equal ones the first, and its score; -1 where there is none. */
function bestTexts(
  imageOfText: readonly number[],
  images: number,
  scoreOf: (text: number) => number,
) {
  const texts = new Int32Array(images).fill(-1);
  const scores = new Float64Array(images).fill(Number.NEGATIVE_INFINITY);
  for (const [text, image] of imageOfText.entries()) {
    const score = scoreOf(text);
    if (score <= (scores[image] ?? 0)) continue;
    texts[image] = text;
    scores[image] = score;
  }
  return { texts, scores };
}
