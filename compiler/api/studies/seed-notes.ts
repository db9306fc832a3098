import type { Cell } from "./study.ts";

/** By how many comparisons results are corrected, and what is called significant then. */
const level = 0.05;

/**
 * What so many seeds can ever show, before anything runs. The sign-flip test over n paired differences has 2^n ways to flip
 * them, two of which are as extreme as the most extreme one: no p below 2 / 2^n. Holm's correction multiplies the least p
 * of k comparisons by k.
 */
export function seedNotes(seeds: number, cells: readonly Cell[]): readonly string[] {
  const compared = cells.filter(({ baseline }) => baseline !== undefined).length;
  const comparisons = compared === 0 ? cells.length - 1 : compared;
  if (comparisons < 1) return [];
  const least = leastP(seeds);
  const needed = seedsFor(level / comparisons);
  const many = comparisons === 1 ? "1 comparison" : `${comparisons} comparisons`;
  const own =
    seeds === 1 ? "1 seed has no differences to test" : `${seeds} seeds give at best p = ${least}`;
  const corrected =
    comparisons === 1
      ? ""
      : `; by Holm's correction over ${many} the least p must be ${shown(level / comparisons)}`;
  const enough =
    seeds >= needed
      ? `${needed} seeds are enough for that`
      : `at least ${needed} seeds are needed before any difference can be called significant`;
  return [`${own}${corrected}: ${enough}`];
}

/** The least p of the two-sided sign-flip test over so many seeds. */
function leastP(seeds: number): number {
  return Math.min(1, 2 / 2 ** seeds);
}

function seedsFor(p: number): number {
  return Math.ceil(Math.log2(2 / p));
}

function shown(p: number): string {
  return String(Number(p.toPrecision(3)));
}
