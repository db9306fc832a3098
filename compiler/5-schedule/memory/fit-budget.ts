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
  /** What takes so much more than the room, each value in a place of its own, may fit: results lie over operands. */
  above: 1.5,
  /** So many more limits are tried behind the first that fits. */
  more: 3,
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
  let smallest: TrimmedWalk | undefined;
  let best: { readonly made: KernelProgram; readonly again: number } | undefined;
  let tries = numbers.more;
  for (const walks of walksFrom(walkable(program), room * numbers.above)) {
    for (const walk of walks) {
      if (smallest === undefined || walk.bytes < smallest.bytes) smallest = walk;
      const isWorse = best !== undefined && walk.again >= best.again;
      if (isWorse || walk.bytes > room * numbers.above) continue;
      const made = programOfWalk(program, walk);
      if (fits(made)) best = { made, again: walk.again };
    }
    if (best !== undefined && tries-- === 0) break;
  }
  return best?.made ?? (smallest === undefined ? program : programOfWalk(program, smallest));
}

/**
 * Walks under smaller and smaller limits, from `most` bytes on: one by each price, until more would have to be done
 * again than may be. Where that is so under `most` already, those under the smallest limit under which it is not.
 */
function* walksFrom(program: Walkable, most: number): Generator<readonly TrimmedWalk[]> {
  const makers = [...new Set(program.makers.values())];
  const mostAgain = numbers.mostAgain * makers.reduce((sum, { cost }) => sum + cost, 0);
  const under = (bytes: number): readonly TrimmedWalk[] =>
    prices.flatMap((price) => {
      const walk = walkWithin(program, { bytes, mostAgain, price });
      return walk === undefined ? [] : trimWalk(program, walk);
    });
  const limits = limitsFor(program);
  const first = limits.findIndex((bytes) => bytes <= most);
  const from = first < 0 ? limits.length : first;
  let isAny = false;
  for (const bytes of limits.slice(from)) {
    const walks = under(bytes);
    if (walks.length === 0) break;
    isAny = true;
    yield walks;
  }
  for (const bytes of isAny ? [] : limits.slice(0, from).toReversed()) {
    const walks = under(bytes);
    if (walks.length > 0) return yield walks;
  }
}

/**
 * From all that lives at a time without making anything again down to what the largest kernel needs. The same ones for
 * every budget: what one of them leads to is found by whoever has room for it.
 */
function limitsFor(program: Walkable): readonly number[] {
  const { reads, writes, bytesOf } = program;
  const runs = reads.map((_, place) => ({ kernels: [place], standIns: new Map() }));
  const whole = trimWalk(program, { runs, copies: [] }).bytes;
  const needs = reads.map((own, place) => {
    const touched = new Set([...own, ...(writes[place] ?? [])]);
    return [...touched].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  });
  const least = Math.max(1, ...needs);
  const limits: number[] = [];
  for (let bytes = whole; bytes >= least; bytes *= numbers.shrink) limits.push(Math.floor(bytes));
  return limits;
}
