import type { MeanBootstrap } from "./bootstrap-mean.ts";
import { signFlipTest } from "./sign-flip.ts";
import { type Interval, type Summary, summarize } from "./summary.ts";

/** What the runs of one cell gave for one metric, by seed: NaN where a run has ended and its number is undefined. */
export interface CellValues {
  readonly name: string;
  readonly bySeed: ReadonlyMap<number, number>;
}

/** One cell against another, by equal seeds: first minus second. */
export interface PairedDifference {
  readonly summary: Summary;
  /** Of the mean, by the bootstrap; undefined below six pairs. */
  readonly bootstrap: Interval | undefined;
  /** Of the sign-flip test; undefined without a pair, or where one of the two has a run whose number is undefined. */
  readonly p: number | undefined;
  /** Seeds that only one of the two has. */
  readonly unpaired: number;
  /** Runs of the two that have ended without a number. To leave them out would flatter the cell, so it is not tested. */
  readonly undefinedRuns: number;
}

export function pairedDifference(
  first: CellValues,
  second: CellValues,
  bootstrap: MeanBootstrap,
): PairedDifference {
  const seeds = [...first.bySeed.keys()].filter((seed) => second.bySeed.has(seed));
  const undefinedRuns = undefinedIn(first) + undefinedIn(second);
  const differences = seeds
    .map((seed) => (first.bySeed.get(seed) ?? Number.NaN) - (second.bySeed.get(seed) ?? Number.NaN))
    .filter(Number.isFinite);
  const isTested = differences.length > 0 && undefinedRuns === 0;
  return {
    summary: summarize(differences),
    bootstrap: isTested ? bootstrap.interval(differences) : undefined,
    p: isTested ? signFlipTest(differences) : undefined,
    unpaired: first.bySeed.size + second.bySeed.size - 2 * seeds.length,
    undefinedRuns,
  };
}

/** How many of its runs have ended without a number. */
export function undefinedIn({ bySeed }: CellValues): number {
  return [...bySeed.values()].filter((value) => !Number.isFinite(value)).length;
}
