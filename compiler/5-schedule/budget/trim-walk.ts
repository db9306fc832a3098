import type { Lifetime } from "../memory/tensor-lifetimes.ts";
import { largestLiveSet } from "../memory/tensor-lifetimes.ts";
import type { Run, Walk } from "./walk-within.ts";
import type { Walkable } from "./walkable.ts";

export interface TrimmedWalk extends Walk {
  /** The most bytes of intermediates that live at a time. */
  readonly bytes: number;
  /** What is done again, measured as makers are. */
  readonly again: number;
}

/** The walk without what was made again and then let go unread. */
export function trimWalk(program: Walkable, walk: Walk): TrimmedWalk {
  const runs = neededOf(program, walk.runs);
  const lifetimes = new Map<number, Lifetime>();
  runs.forEach((run, place) => {
    for (const tensor of [...readsOf(program, run), ...writesOf(program, run)])
      lifetimes.set(tensor, { first: lifetimes.get(tensor)?.first ?? place, last: place });
  });
  const count = program.uses.length;
  const living = [...lifetimes].map(([tensor, lifetime]) => ({
    ...lifetime,
    bytes: program.bytesOf(tensor < count ? tensor : (walk.copies[tensor - count] ?? -1)),
  }));
  const again = runs.reduce((sum, { maker }) => sum + (maker?.cost ?? 0), 0);
  return { runs, copies: walk.copies, bytes: largestLiveSet(living), again };
}

/** From the end on: what runs again runs for somebody who reads what it makes. */
function neededOf(program: Walkable, runs: readonly Run[]): readonly Run[] {
  const read = new Set<number>();
  const needed: Run[] = [];
  for (const run of runs.toReversed()) {
    const isAgain = run.maker !== undefined;
    if (isAgain && !writesOf(program, run).some((tensor) => read.has(tensor))) continue;
    for (const tensor of readsOf(program, run)) read.add(tensor);
    needed.push(run);
  }
  return needed.toReversed();
}

/** Of others than itself. */
function readsOf({ reads }: Walkable, { kernels, maker, standIns }: Run): readonly number[] {
  const own = maker?.reads ?? kernels.flatMap((place) => reads[place] ?? []);
  return own.map((tensor) => standIns.get(tensor) ?? tensor);
}

function writesOf({ writes }: Walkable, { kernels, maker, standIns }: Run): readonly number[] {
  const own = maker?.makes ?? kernels.flatMap((place) => writes[place] ?? []);
  return own.map((tensor) => standIns.get(tensor) ?? tensor);
}
