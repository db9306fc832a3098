import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, readsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";

/** Kernels that a kernel has to come after, though it reads nothing that they make. */
type Waits = ReadonlyMap<Kernel, readonly Kernel[]>;

/**
 * Producers before readers. Runs depth first from the last outputs, so that a branch is finished before the
 * next one begins and its intermediates die early. Kernels in such an order already stay in it.
 */
export function orderKernels(
  kernels: readonly Kernel[],
  waits: Waits = new Map(),
  reads: ReadsOf = readsOf,
): readonly Kernel[] {
  const makers = makersOf(kernels);
  const ordered: Kernel[] = [];
  const state = new Map<Kernel, "open" | "done">();
  const stack: { readonly kernel: Kernel; readonly waiting: Kernel[] }[] = [];
  const enter = (kernel: Kernel): void => {
    if (state.get(kernel) === "done") return;
    if (state.get(kernel) === "open") throw new InternalError(`${kernel.name} waits for itself`);
    state.set(kernel, "open");
    const waiting = [...madeBefore(kernel, makers, reads), ...(waits.get(kernel) ?? [])];
    stack.push({ kernel, waiting: waiting.toReversed() });
  };
  for (const root of kernels) {
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.waiting.pop();
      if (next !== undefined) enter(next);
      else {
        state.set(top.kernel, "done");
        ordered.push(top.kernel);
        stack.pop();
      }
    }
  }
  return ordered;
}

/** Does `kernel` have to come after `other`, through whatever stands between them? */
export function waitsFor(
  kernel: Kernel,
  other: Kernel,
  makers: Makers,
  waits: Waits,
  reads: ReadsOf,
): boolean {
  const seen = new Set([kernel]);
  for (const next of seen) {
    for (const before of madeBefore(next, makers, reads)) seen.add(before);
    for (const before of waits.get(next) ?? []) seen.add(before);
  }
  return seen.has(other);
}

/** The kernel that makes a tensor; the last one where there are several. */
export type Makers = ReadonlyMap<number, Kernel>;

export function makersOf(kernels: readonly Kernel[]): Makers {
  return new Map(kernels.flatMap((kernel) => writesOf(kernel).map((tensor) => [tensor, kernel])));
}

function madeBefore(kernel: Kernel, makers: Makers, reads: ReadsOf): readonly Kernel[] {
  return reads(kernel).flatMap((tensor) => makers.get(tensor) ?? []);
}
