// Places in retrieval straight from embeddings: no matrix of all scores is ever in memory.
import { normalisedRows } from "./zero-shot-classifier.ts";

interface EmbeddedPairs {
  /** [texts, width] and [images, width], not normalised. */
  readonly texts: ArrayLike<number>;
  readonly images: ArrayLike<number>;
  readonly width: number;
  /** By text, the index of its image. */
  readonly imageOfText: readonly number[];
}

/**
 * By text the place of its image, by image that of its best text: as `bestPlaces` on the matrix of cosines in float32.
 * With `isDual` each cosine is weighted by the softmax over the queries of its way.
 */
export function embeddingPlaces(pairs: EmbeddedPairs, isDual: boolean) {
  const { width, imageOfText } = pairs;
  const [texts, images] = [normalisedRows(pairs.texts, width), normalisedRows(pairs.images, width)];
  const [textCount, imageCount] = [texts.length / width, images.length / width];
  const cosine = (text: number, image: number): number => {
    let sum = 0;
    for (let at = text * width, other = image * width; at < (text + 1) * width; at++, other++)
      sum += (texts[at] ?? 0) * (images[other] ?? 0);
    return Math.fround(sum);
  };
  // A cosine is at most 1, so that its exponential needs no maximum taken off.
  const [textSums, imageSums] = [new Float64Array(textCount), new Float64Array(imageCount)];
  if (isDual)
    for (let text = 0; text < textCount; text++)
      for (let image = 0; image < imageCount; image++) {
        const grown = Math.exp(cosine(text, image));
        textSums[text] = (textSums[text] ?? 0) + grown;
        imageSums[image] = (imageSums[image] ?? 0) + grown;
      }
  const weighted = (value: number, sum: number | undefined): number =>
    isDual ? Math.fround((value * Math.exp(value)) / (sum ?? 1)) : value;
  // The score of each image's best text; of two that are equal the first.
  const best = images.length === 0 ? [] : Array.from({ length: imageCount }, () => -1);
  const bestScores = new Float64Array(imageCount).fill(Number.NEGATIVE_INFINITY);
  for (const [text, image] of imageOfText.entries()) {
    const value = weighted(cosine(text, image), textSums[text]);
    if (value <= (bestScores[image] ?? 0)) continue;
    best[image] = text;
    bestScores[image] = value;
  }
  const placeOfText = new Uint32Array(textCount).fill(1);
  const placeOfImage = Uint32Array.from(best, (text) => (text < 0 ? 2 ** 32 - 1 : 1));
  for (let text = 0; text < textCount; text++) {
    const own = imageOfText[text] ?? 0;
    const right = weighted(cosine(text, own), imageSums[own]);
    for (let image = 0; image < imageCount; image++) {
      const value = cosine(text, image);
      const forText = weighted(value, imageSums[image]);
      if (forText > right || (forText === right && image < own))
        placeOfText[text] = (placeOfText[text] ?? 0) + 1;
      const first = best[image] ?? -1;
      if (first < 0) continue;
      const forImage = weighted(value, textSums[text]);
      const wanted = bestScores[image] ?? 0;
      if (forImage > wanted || (forImage === wanted && text < first))
        placeOfImage[image] = (placeOfImage[image] ?? 0) + 1;
    }
  }
  return { placeOfText, placeOfImage };
}
