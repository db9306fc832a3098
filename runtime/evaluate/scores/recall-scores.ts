// Retrieval both ways: how many queries find a right item among the first 1, 5 and 10.
import { bestPlaces, dualSoftmax, transposed } from "../metrics/recall.ts";
import { type Draw, type Numbers, ratio, type Scored } from "../tally.ts";

/** A set of images (or videos) with captions, and how similar each pair is. */
interface ScoredPairs {
  readonly images: readonly string[];
  /** By caption, the index of its image. */
  readonly imageOfText: readonly number[];
  /** [texts, images], row-major. A caption's own score with every image. */
  readonly scores: ArrayLike<number>;
}

/** How many of the gallery count as found. */
const depths = [1, 5, 10] as const;

/**
 * Recall in float32 as its scorers have it. A caption finds its image; an image finds any of its captions. With
 * `isDual`, scores are weighted by the softmax over the queries first, each way by its own.
 */
export function recallScores(
  { images, imageOfText, scores }: ScoredPairs,
  isDual: boolean,
  numbered: RecallNames = {},
): Scored {
  const textsOfImage = images.map((): number[] => []);
  for (const [text, image] of imageOfText.entries()) textsOfImage[image]?.push(text);
  const forImages = transposed(scores, images.length);
  const texts = imageOfText.length;
  const weighted = (values: ArrayLike<number>, gallery: number) =>
    isDual ? dualSoftmax(values, gallery) : values;
  const placeOfText = bestPlaces(
    weighted(scores, images.length),
    images.length,
    imageOfText.map((image) => [image]),
  );
  const placeOfImage = bestPlaces(weighted(forImages, texts), texts, textsOfImage);
  return recallOfPlaces({ images, imageOfText, placeOfText, placeOfImage }, numbered);
}

interface FoundPlaces {
  readonly images: readonly string[];
  readonly imageOfText: readonly number[];
  /** By caption, the place of its image, from 1; by image, that of its best caption. */
  readonly placeOfText: ArrayLike<number>;
  readonly placeOfImage: ArrayLike<number>;
}

interface RecallNames {
  /** The numbers that are reported, where they are not all. */
  readonly names?: readonly string[] | undefined;
  /** What captions find. */
  readonly gallery?: "image" | "video" | undefined;
}

/** Recall of places that are known already, as where the scores are too many to be in memory at once. */
export function recallOfPlaces(
  { images, imageOfText, placeOfText, placeOfImage }: FoundPlaces,
  { names: only, gallery = "image" }: RecallNames = {},
): Scored {
  const texts = imageOfText.length;
  // With the images drawn, their captions are: hits of captions are summed by image.
  const textHits = depths.map((depth) => {
    const hits = new Float64Array(images.length);
    for (let text = 0; text < texts; text++) {
      const image = imageOfText[text] ?? 0;
      if ((placeOfText[text] ?? 0) <= depth) hits[image] = (hits[image] ?? 0) + 1;
    }
    return hits;
  });
  const textCounts = new Float64Array(images.length);
  for (const image of imageOfText) textCounts[image] = (textCounts[image] ?? 0) + 1;
  const recall = (hits: number, all: number): number | null => {
    const value = ratio(hits, all);
    return value === null ? null : Math.fround(value);
  };
  const numbers = (draw?: Draw): Numbers => {
    const found: Record<string, number | null> = {};
    for (const [index, depth] of depths.entries()) {
      let [hits, all, imageHits, allImages] = [0, 0, 0, 0];
      for (let image = 0; image < images.length; image++) {
        const times = draw?.[image] ?? 1;
        hits += times * (textHits[index]?.[image] ?? 0);
        all += times * (textCounts[image] ?? 0);
        imageHits += times * ((placeOfImage[image] ?? 0) <= depth ? 1 : 0);
        allImages += times;
      }
      found[`${gallery} to text R@${depth}`] = recall(imageHits, allImages);
      found[`text to ${gallery} R@${depth}`] = recall(hits, all);
    }
    const values = Object.values(found).filter((value) => value !== null);
    const mean = values.length < 2 * depths.length ? null : sumOf(values) / values.length;
    return { ...found, mean };
  };
  const names = recallNames(gallery).filter((name) => only === undefined || only.includes(name));
  return {
    tally: { units: images, numbers },
    columns: names.map((name) => ({ name, factor: 100 })),
    items: [
      ...images.map((id, image) => ({ id, scores: { place: placeOfImage[image] ?? null } })),
      ...imageOfText.map((_, text) => ({
        id: `text ${text}`,
        scores: { place: placeOfText[text] ?? null },
      })),
    ],
    details: { images: images.length, texts },
  };
}

/** All numbers of recall, in the order of the table. */
export function recallNames(gallery: "image" | "video"): readonly string[] {
  return [
    ...depths.map((depth) => `${gallery} to text R@${depth}`),
    ...depths.map((depth) => `text to ${gallery} R@${depth}`),
    "mean",
  ];
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
