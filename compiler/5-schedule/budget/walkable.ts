import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { rememberedReads, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { type Maker, makersIn } from "../memory/makers.ts";
import { livingBytesOf } from "../memory/plan-memory.ts";

/** What walks through a program ask of it. Lists are by kernels, or by tensors, in their order. */
export interface Walkable {
  /** Intermediates that each kernel reads, and stores to. */
  readonly reads: readonly (readonly number[])[];
  readonly writes: readonly (readonly number[])[];
  readonly makers: ReadonlyMap<number, Maker>;
  readonly bytesOf: (tensor: number) => number;
  /** For each intermediate the places of the kernels that read it. */
  readonly uses: readonly (readonly number[])[];
  /** The place of the last kernel that stores to it. */
  readonly madeAt: readonly number[];
  /** Intermediates that are made of it, by makers that may run again. */
  readonly children: readonly (readonly number[])[];
  /** The last place before which it may be made again, whatever that takes; -1 for what may not at all. */
  readonly until: readonly number[];
}

export function walkable(program: KernelProgram): Walkable {
  const { tensors, kernels } = program;
  const isInner = (tensor: number): boolean => tensors[tensor]?.role === "intermediate";
  const readsOf = rememberedReads();
  const reads = kernels.map((kernel) => readsOf(kernel).filter(isInner));
  const writes = kernels.map((kernel) => writesOf(kernel).filter(isInner));
  const uses: number[][] = tensors.map(() => []);
  const madeAt: number[] = tensors.map(() => -1);
  for (const [place, own] of reads.entries()) for (const tensor of own) uses[tensor]?.push(place);
  for (const [place, own] of writes.entries()) for (const tensor of own) madeAt[tensor] = place;
  const makers = makersIn(program);
  const children: number[][] = tensors.map(() => []);
  const until: number[] = tensors.map(() => -1);
  const lastOf = ({ kernels: places }: Maker): number => places.at(-1) ?? 0;
  // In the order of their last kernels: what one reads was made before.
  const inOrder = [...new Set(makers.values())].sort((a, b) => lastOf(a) - lastOf(b));
  for (const maker of inOrder) {
    if (!maker.mayRunAgain) continue;
    // What may not be made again is always there.
    const own = maker.reads.map((tensor) => until[tensor] ?? -1).filter((last) => last >= 0);
    const last = Math.min(maker.until, ...own);
    for (const tensor of maker.makes) until[tensor] = last;
    for (const tensor of maker.reads) children[tensor]?.push(...maker.makes.filter(isInner));
  }
  const bytesOf = livingBytesOf(program);
  return { reads, writes, makers, bytesOf, uses, madeAt, children, until };
}
