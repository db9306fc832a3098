import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { scheduleProgram } from "../choose/schedule-program.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { withReuse } from "./choose-in-place.ts";
import { fixedBytesOf, livingBytesOf } from "./plan-memory.ts";
import { programOfWalk } from "./program-of-walk.ts";
import { type Walk, type Walked, walkable, walkWithin } from "./walk-within.ts";

const numbers = {
  /** Each limit that is tried is so much of the one before. */
  step: 0.93,
  /** Never more work again than the whole program is. */
  mostAgain: 1,
};

/**
 * Makes results again that a budget has no room to keep. A program that fits is left as it is, and of one that does
 * not as little is made again as lets it; one that cannot fit becomes the smallest that it can be, which the plan
 * then refuses.
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
  if (withReuse(program, profile).arenas <= room) return program;
  const walked = walkable(program, livingBytesOf(program));
  const walks = walksThrough(walked);
  const made = new Map<number, { readonly program: KernelProgram; readonly arenas: number }>();
  /** With as much memory as walk n takes. */
  const at = (n: number): { readonly program: KernelProgram; readonly arenas: number } => {
    const own = programOfWalk(program, walks[n] ?? { runs: [], copies: [], peak: 0 });
    const known = made.get(n) ?? { program: own, arenas: withReuse(own, profile).arenas };
    made.set(n, known);
    return known;
  };
  let [low, high] = [-1, walks.length - 1];
  if (high < 0) return program;
  if (at(high).arenas > room) return at(high).program;
  // Walk `high` fits, and walk `low` does not.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle).arenas <= room) high = middle;
    else low = middle;
  }
  return at(high).program;
}

/** From the one that takes the most memory on to the one that takes the least and is still worth its work. */
function walksThrough(walked: Walked): readonly Walk[] {
  const makers = [...new Set(walked.makers.values())];
  const mostAgain = numbers.mostAgain * makers.reduce((sum, { cost }) => sum + cost, 0);
  const walks: Walk[] = [];
  const whole = walkWithin(walked, Number.POSITIVE_INFINITY);
  let limit = (whole?.peak ?? 0) * numbers.step;
  for (;;) {
    const walk = walkWithin(walked, limit, mostAgain);
    const least = walks.at(-1)?.peak ?? Number.POSITIVE_INFINITY;
    if (walk === undefined || walk.peak >= least) return walks;
    walks.push(walk);
    limit *= numbers.step;
  }
}
