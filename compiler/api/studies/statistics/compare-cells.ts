import { MeanBootstrap } from "./bootstrap-mean.ts";
import { type Direction, isGain } from "./direction.ts";
import { holm, level } from "./holm.ts";
import { type CellValues, type PairedDifference, pairedDifference } from "./paired.ts";

/** What the data say of a cell beside another. `untested`: no pair of seeds, or a run that gave no number. */
export type Verdict = "better" | "worse" | "not told apart" | "untested";

export interface Comparison extends PairedDifference {
  readonly cell: string;
  readonly against: string;
  /** After Holm's correction over all comparisons that were made with it. */
  readonly corrected: number | undefined;
  readonly verdict: Verdict;
}

/** Two cells; what is tested is the first minus the second. */
export type Pair = readonly [cell: CellValues, against: CellValues];

/** All pairs as one family: their p are corrected together. */
export function compareCells(pairs: readonly Pair[], direction: Direction): readonly Comparison[] {
  const bootstrap = new MeanBootstrap();
  const found = pairs.map(([cell, against]) => ({
    cell: cell.name,
    against: against.name,
    ...pairedDifference(cell, against, bootstrap),
  }));
  const corrected = holm(found.flatMap(({ p }) => (p === undefined ? [] : [p])));
  let next = 0;
  return found.map((one) => {
    const own = one.p === undefined ? undefined : corrected[next++];
    return { ...one, corrected: own, verdict: verdictOf(own, one.summary.mean, direction) };
  });
}

function verdictOf(
  corrected: number | undefined,
  mean: number | undefined,
  direction: Direction,
): Verdict {
  if (corrected === undefined || mean === undefined) return "untested";
  if (corrected > level) return "not told apart";
  return isGain(mean, direction) ? "better" : "worse";
}
