import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, readsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";

/** Numbers of the kernels that make a tensor and that read it last. Both need it whole. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export function lifetimesOf(
  program: KernelProgram,
  reads: ReadsOf = readsOf,
): ReadonlyMap<number, Lifetime> {
  const lifetimes = new Map<number, Lifetime>();
  program.kernels.forEach((kernel, number) => {
    for (const tensor of reads(kernel)) {
      lifetimes.set(tensor, { first: lifetimes.get(tensor)?.first ?? 0, last: number });
    }
    // Several kernels may make a tensor, each a part or in place of what the last one left.
    for (const tensor of writesOf(kernel)) {
      lifetimes.set(tensor, { first: lifetimes.get(tensor)?.first ?? number, last: number });
    }
  });
  return lifetimes;
}

export function livesWith(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

type Living = Lifetime & { readonly bytes: number };

/** The most bytes that live at one moment: no plan needs less. */
export function largestLiveSet(tensors: readonly Living[]): number {
  return mostLiving(tensors).bytes;
}

/** The number of the first kernel at which they do. */
export function fullestMoment(tensors: readonly Living[]): number {
  return mostLiving(tensors).moment;
}

function mostLiving(tensors: readonly Living[]): {
  readonly bytes: number;
  readonly moment: number;
} {
  const changes = new Map<number, number>();
  const change = (moment: number, bytes: number): void => {
    changes.set(moment, (changes.get(moment) ?? 0) + bytes);
  };
  for (const { first, last, bytes } of tensors) {
    change(first, bytes);
    change(last + 1, -bytes);
  }
  let live = 0;
  let most = { bytes: 0, moment: 0 };
  for (const moment of [...changes.keys()].sort((a, b) => a - b)) {
    live += changes.get(moment) ?? 0;
    if (live > most.bytes) most = { bytes: live, moment };
  }
  return most;
}
