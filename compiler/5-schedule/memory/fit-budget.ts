import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { scheduleProgram } from "../choose/schedule-program.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { withReuse } from "./choose-in-place.ts";
import { fixedBytesOf } from "./plan-memory.ts";
import { programOfWalk } from "./program-of-walk.ts";
import { type TrimmedWalk, trimWalk } from "./trim-walk.ts";
import { type WalkLimits, walkWithin } from "./walk-within.ts";
import { type Walkable, walkable } from "./walkable.ts";

const numbers = {
  /** Each limit that is tried is so much of the one before. */
  shrink: 0.95,
  /** As much as the whole program takes may be done again, so that a step takes twice the time at most. */
  mostAgain: 1,
};

/** None is always the best, and trying both costs little. */
const prices: readonly WalkLimits["price"][] = [
  (cost, bytes, span) => cost / (bytes * span),
  // What is needed again late goes before what is cheap.
  (cost, bytes, span) => Math.sqrt(cost) / (bytes * span),
];

/**
 * Makes results again that a budget has no room to keep. A program that fits is left as it is; else as little is done
 * again as makes it fit. One that cannot be made to fit becomes as small as it can be, and the plan then refuses it.
 */
export const fitBudget: KernelPass = {
  name: "fit-budget",
  summary: "make results again that the memory budget has no room to keep",
  run: (program, { profile, budget }) =>
    budget === undefined ? program : fitted(program, profile, budget),
};

function fitted(program: KernelProgram, profile: DeviceProfile, budget: number): KernelProgram {
  const { packingOf } = scheduleProgram(program, profile);
  const room = budget - fixedBytesOf(program, packingOf, profile);
  const fits = (made: KernelProgram): boolean => withReuse(made, profile).arenas <= room;
  if (fits(program)) return program;
  const walks = walksThrough(walkable(program));
  const smallest = walks.at(-1);
  if (smallest === undefined) return program;
  let best = programOfWalk(program, smallest);
  if (!fits(best)) return best;
  // `high` fits, and `low` does not.
  for (let [low, high] = [-1, walks.length - 1]; high - low > 1; ) {
    const middle = Math.floor((low + high) / 2);
    const made = programOfWalk(program, walks[middle] ?? smallest);
    if (fits(made)) [high, best] = [middle, made];
    else low = middle;
  }
  return best;
}

/** Each does more again than the one before it, and takes less memory. */
function walksThrough(program: Walkable): readonly TrimmedWalk[] {
  const makers = [...new Set(program.makers.values())];
  const mostAgain = numbers.mostAgain * makers.reduce((sum, { cost }) => sum + cost, 0);
  const plain = { runs: program.reads.map((_, place) => ({ kernels: [place], standIns })) };
  const whole = trimWalk(program, { ...plain, copies: [] });
  const found = prices.flatMap((price) => {
    const own: TrimmedWalk[] = [];
    for (let bytes = whole.bytes; ; bytes *= numbers.shrink) {
      const walk = walkWithin(program, { bytes: bytes * numbers.shrink, mostAgain, price });
      const trimmed = walk && trimWalk(program, walk);
      const isStuck = trimmed !== undefined && trimmed.bytes > bytes / numbers.shrink;
      if (trimmed === undefined || isStuck) return own;
      own.push(trimmed);
    }
  });
  const sorted = found.toSorted((a, b) => a.again - b.again || a.bytes - b.bytes);
  const useful: TrimmedWalk[] = [];
  for (const walk of sorted) {
    const least = useful.at(-1)?.bytes ?? whole.bytes;
    if (walk.again > 0 && walk.bytes < least) useful.push(walk);
  }
  return useful;
}

const standIns: ReadonlyMap<number, number> = new Map();
