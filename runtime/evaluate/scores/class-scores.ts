// Classification: top-1, top-5 and mean recall per class of images whose right classes are known.
import { type Draw, indexUnits, meanOfAll, type Numbers, ratio, type Scored } from "../tally.ts";

export interface ClassItem {
  readonly id: string;
  readonly unit: string;
  /** The right classes: one, or for ReaL any number. Without any, the image is left out of every count. */
  readonly labels: readonly number[];
}

/** The numbers of classification by name, in the order of the table. */
const classNumbers = ["top-1", "top-5", "mean recall per class"] as const;
export type ClassNumber = (typeof classNumbers)[number] | "mean of top-1 and top-5";

/**
 * Scores the first five classes of each image, best first. Top-5 is `null` below five classes. Recall per class counts
 * an image under its class, so that it needs one label each; it averages over the classes that occur.
 */
export function classScores(
  items: readonly ClassItem[],
  topClassesOf: readonly (readonly number[])[],
  classes: number,
  shown: readonly ClassNumber[] = classNumbers,
): Scored {
  const { units, indices } = indexUnits(items.map(({ unit }) => unit));
  const counted = items.flatMap(({ labels }, index) => {
    const top = topClassesOf[index] ?? [];
    if (labels.length === 0) return [];
    return {
      label: labels[0] ?? 0,
      unit: indices[index] ?? 0,
      isFirst: labels.includes(top[0] ?? -1),
      isAmongFive: top.slice(0, 5).some((label) => labels.includes(label)),
    };
  });
  const numbers = (draw?: Draw): Numbers => {
    const perClass = new Float64Array(2 * classes);
    let [first, five, all] = [0, 0, 0];
    for (const { label, unit, isFirst, isAmongFive } of counted) {
      const times = draw?.[unit] ?? 1;
      all += times;
      if (isFirst) first += times;
      if (isAmongFive) five += times;
      perClass[2 * label] = (perClass[2 * label] ?? 0) + times;
      if (isFirst) perClass[2 * label + 1] = (perClass[2 * label + 1] ?? 0) + times;
    }
    const recalls: number[] = [];
    for (let label = 0; label < classes; label++) {
      const recall = ratio(perClass[2 * label + 1] ?? 0, perClass[2 * label] ?? 0);
      if (recall !== null) recalls.push(recall);
    }
    const topOne = ratio(first, all);
    const topFive = classes < 5 ? null : ratio(five, all);
    const found: Record<ClassNumber, number | null> = {
      "top-1": topOne,
      "top-5": topFive,
      "mean recall per class": meanOfAll(recalls),
      "mean of top-1 and top-5": meanOfAll([topOne, topFive]),
    };
    return Object.fromEntries(shown.map((name) => [name, found[name]]));
  };
  return {
    tally: { units, numbers },
    columns: shown.map((name) => ({ name, factor: 100 })),
    items: items.map(({ id, labels }, index) => {
      const top = topClassesOf[index] ?? [];
      return {
        id,
        scores:
          labels.length === 0
            ? { left_out: true }
            : { prediction: top[0] ?? null, right: labels.includes(top[0] ?? -1) },
      };
    }),
    details: { classes, counted: counted.length, left_out: items.length - counted.length },
  };
}

/** How often each class (row) was taken for each class (column); images of several right classes are left out. */
export function confusionMatrix(
  items: readonly ClassItem[],
  predictions: ArrayLike<number>,
  classes: number,
): Uint32Array {
  const matrix = new Uint32Array(classes * classes);
  for (const [index, { labels }] of items.entries()) {
    const [label, ...others] = labels;
    const guess = predictions[index] ?? -1;
    if (label === undefined || others.length > 0 || guess < 0 || guess >= classes) continue;
    const place = label * classes + guess;
    matrix[place] = (matrix[place] ?? 0) + 1;
  }
  return matrix;
}
