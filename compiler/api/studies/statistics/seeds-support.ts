import { level } from "./holm.ts";
import { leastSignFlipP, seedsThatSayMost } from "./sign-flip.ts";

/** What so many seeds can ever show, whatever they give. */
export interface SeedsSupport {
  /** Of one comparison, before any correction. */
  readonly leastP: number;
  /** Of the clearest of all comparisons, after Holm's correction. */
  readonly leastCorrected: number;
  /** Whether a difference can be told at all. */
  readonly isEnough: boolean;
  /** The fewest seeds with which one can; undefined where no number of them is enough for so many comparisons. */
  readonly needed: number | undefined;
}

/** For paired comparisons by the sign-flip test, at the level 0.05. */
export function seedsSupport(seeds: number, comparisons: number): SeedsSupport {
  const leastP = leastSignFlipP(seeds);
  const isEnoughOf = (p: number): boolean => p * comparisons <= level;
  const counts = Array.from({ length: seedsThatSayMost }, (_, n) => n + 1);
  return {
    leastP,
    leastCorrected: Math.min(1, leastP * comparisons),
    isEnough: isEnoughOf(leastP),
    needed: counts.find((n) => isEnoughOf(leastSignFlipP(n))),
  };
}
