import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { scheduleProgram } from "../choose/schedule-program.ts";
import { dropTensors } from "../kernel-program/drop-tensors.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { withReuse } from "../memory/choose-in-place.ts";
import { fixedBytesOf } from "../memory/plan-memory.ts";
import { programOfWalk } from "./program-of-walk.ts";
import { type TrimmedWalk, trimWalk } from "./trim-walk.ts";
import { type WalkLimits, walkWithin } from "./walk-within.ts";
import { type Walkable, walkable } from "./walkable.ts";

const numbers = {
  /** Each limit that is tried is so much of the one before. */
  shrink: 0.95,
  /** As much as the whole program takes may be done again, so that a step takes twice the time at most. */
  mostAgain: 1,
  /** The first limit is so much above the one that is likely to do. */
  near: 1.05,
  /** Where nothing fits that is likely to, limits so far above the room may, for results lie over operands. */
  far: 1.5,
  /** So many more limits are tried behind the first that fits. */
  more: 1,
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
    budget === undefined ? program : fitted(dropTensors(program), profile, budget),
};

function fitted(program: KernelProgram, profile: DeviceProfile, budget: number): KernelProgram {
  const { packingOf } = scheduleProgram(program, profile);
  const room = budget - fixedBytesOf(program, packingOf, profile);
  const { arenas } = withReuse(program, profile);
  if (arenas <= room) return program;
  const search = new Search(program, profile, room);
  const [whole = 0] = search.limits;
  // As much as results over operands save of the whole.
  const likely = (room * whole) / Math.max(1, arenas);
  const found = search.limits.findIndex((bytes) => bytes <= likely * numbers.near);
  const from = found < 0 ? search.limits.length : found;
  for (let n = from, more = numbers.more; n < search.limits.length; n++) {
    if (!search.tryAt(n, likely * numbers.near)) break;
    if (search.best !== undefined && more-- === 0) break;
  }
  for (let n = from - 1; n >= 0 && search.best === undefined; n--) {
    const isFar = (search.limits[n] ?? 0) > room * numbers.far;
    if (isFar && search.smallest !== undefined) break;
    search.tryAt(n, Number.POSITIVE_INFINITY);
  }
  if (search.best !== undefined) return search.best.program;
  return search.smallest === undefined ? program : programOfWalk(program, search.smallest);
}

/** What is found with less and less memory. */
class Search {
  /** The same ones for every budget: what one of them leads to is found by whoever has room for it. */
  readonly limits: readonly number[];
  /** Of those that fit the one that does least again. */
  best: { readonly program: KernelProgram; readonly again: number } | undefined;
  smallest: TrimmedWalk | undefined;
  readonly #program: KernelProgram;
  readonly #profile: DeviceProfile;
  readonly #room: number;
  readonly #walkable: Walkable;
  readonly #mostAgain: number;

  constructor(program: KernelProgram, profile: DeviceProfile, room: number) {
    this.#program = program;
    this.#profile = profile;
    this.#room = room;
    this.#walkable = walkable(program);
    this.limits = limitsFor(this.#walkable);
    const makers = [...new Set(this.#walkable.makers.values())];
    this.#mostAgain = numbers.mostAgain * makers.reduce((sum, { cost }) => sum + cost, 0);
  }

  /** Walks under limit `n`, one by each price. False where too much would have to be done again. */
  tryAt(n: number, most: number): boolean {
    const limits = { bytes: this.limits[n] ?? 0, mostAgain: this.#mostAgain };
    const walks = prices.flatMap((price) => {
      const walk = walkWithin(this.#walkable, { ...limits, price });
      return walk === undefined ? [] : trimWalk(this.#walkable, walk);
    });
    for (const walk of walks) {
      const { bytes, again } = walk;
      if (this.smallest === undefined || bytes < this.smallest.bytes) this.smallest = walk;
      const isWorse = this.best !== undefined && again >= this.best.again;
      if (isWorse || bytes > most) continue;
      const program = programOfWalk(this.#program, walk);
      if (withReuse(program, this.#profile).arenas <= this.#room) this.best = { program, again };
    }
    return walks.length > 0;
  }
}

/** From all that lives at a time without making anything again down to what the largest kernel needs. */
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
