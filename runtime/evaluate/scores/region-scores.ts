// Segmentation: mean intersection over union of a set, from the counts of its images.
import { type Overlap, overlapScores, summedOverlap } from "../metrics/region-overlap.ts";
import type { Draw, Numbers, Scored } from "../tally.ts";

/** Scores the counts of images; they are summed over the set before they are divided, in every draw again. */
export function regionScores(
  ids: readonly string[],
  overlaps: readonly Overlap[],
  classes: number,
): Scored {
  const numbersOf = (overlap: Overlap): Numbers => {
    const { meanIou, meanAccuracy, allAccuracy } = overlapScores(overlap);
    return { mIoU: meanIou, mAcc: meanAccuracy, aAcc: allAccuracy };
  };
  const whole = summedOverlap(overlaps, classes);
  const { iou, accuracy, union } = overlapScores(whole);
  return {
    tally: {
      units: ids,
      numbers: (draw?: Draw) =>
        numbersOf(draw === undefined ? whole : summedOverlap(overlaps, classes, draw)),
    },
    columns: ["mIoU", "mAcc", "aAcc"].map((name) => ({ name, factor: 100 })),
    items: ids.map((id, index) => {
      const own = overlaps[index];
      return { id, scores: own === undefined ? {} : numbersOf(own) };
    }),
    details: {
      iou,
      accuracy,
      intersection: [...whole.intersection],
      union,
      predicted: [...whole.predicted],
      labelled: [...whole.labelled],
    },
  };
}
