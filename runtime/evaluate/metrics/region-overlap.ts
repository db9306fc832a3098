// Segmentation: how far predicted and labelled regions of each class overlap, summed over a set.
import { ratio } from "../tally.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

export interface OverlapRule {
  readonly classes: number;
  /** Pixels with this label count nowhere. */
  readonly ignored: number;
  /** Label 0 is nothing and is left out; the others are one lower. */
  readonly reduceZero: boolean;
}

/** Pixels by class. */
export interface Overlap {
  readonly intersection: Float64Array;
  readonly predicted: Float64Array;
  readonly labelled: Float64Array;
}

/** Counts of one image. `predicted` has class numbers from 0, `labels` those of the file. */
export function overlapOf(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  { classes, ignored, reduceZero }: OverlapRule,
): Overlap {
  const counts = emptyOverlap(classes);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = reducedLabel(labels[pixel] ?? ignored, ignored, reduceZero);
    if (label === ignored) continue;
    const guess = predicted[pixel] ?? ignored;
    add(counts.labelled, label, 1);
    add(counts.predicted, guess, 1);
    if (guess === label) add(counts.intersection, label, 1);
  }
  return counts;
}

function reducedLabel(label: number, ignored: number, reduceZero: boolean): number {
  if (!reduceZero || label === ignored) return label;
  return label === 0 ? ignored : label - 1;
}

/** Classes beyond those of the rule are in no count. */
function add(counts: Float64Array, label: number, amount: number): void {
  if (label >= 0 && label < counts.length) counts[label] = (counts[label] ?? 0) + amount;
}

function emptyOverlap(classes: number): Overlap {
  return {
    intersection: new Float64Array(classes),
    predicted: new Float64Array(classes),
    labelled: new Float64Array(classes),
  };
}

/** Counts of several images together, each so often as `times` says. */
export function summedOverlap(
  parts: readonly Overlap[],
  classes: number,
  times?: ArrayLike<number>,
): Overlap {
  const sum = emptyOverlap(classes);
  for (const [index, part] of parts.entries()) {
    const factor = times?.[index] ?? 1;
    if (factor === 0) continue;
    for (const key of ["intersection", "predicted", "labelled"] as const)
      for (let label = 0; label < classes; label++)
        sum[key][label] = (sum[key][label] ?? 0) + factor * (part[key][label] ?? 0);
  }
  return sum;
}

interface OverlapScores {
  /** Intersection over union, and the share of labelled pixels that were found; `null` where there are none. */
  readonly iou: readonly (number | null)[];
  readonly accuracy: readonly (number | null)[];
  readonly union: readonly number[];
  /** Means over the classes with a number. */
  readonly meanIou: number | null;
  readonly meanAccuracy: number | null;
  /** The share of all pixels that were found. */
  readonly allAccuracy: number | null;
}

export function overlapScores({ intersection, predicted, labelled }: Overlap): OverlapScores {
  const union = Array.from(
    intersection,
    (shared, label) => (predicted[label] ?? 0) + (labelled[label] ?? 0) - shared,
  );
  const iou = union.map((pixels, label) => ratio(intersection[label] ?? 0, pixels));
  const accuracy = Array.from(labelled, (pixels, label) => ratio(intersection[label] ?? 0, pixels));
  return {
    iou,
    accuracy,
    union,
    meanIou: meanOfDefined(iou),
    meanAccuracy: meanOfDefined(accuracy),
    allAccuracy: ratio(pairwiseSum(intersection), pairwiseSum(labelled)),
  };
}

function meanOfDefined(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null).length;
  return ratio(pairwiseSum(values.map((value) => value ?? 0)), defined);
}
