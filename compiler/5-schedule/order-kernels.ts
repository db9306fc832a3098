import { InternalError } from "../diagnostics/internal-error.ts";
import type { Kernel } from "../ir/kernel.ts";
import { readsOf, writesOf } from "../ir/kernel-tensors.ts";

/**
 * Producers before readers. Runs depth first from the last outputs, so that a branch is finished before the
 * next one begins and its intermediates die early.
 */
export function orderKernels(kernels: readonly Kernel[]): readonly Kernel[] {
  const makers = new Map<number, Kernel>();
  for (const kernel of kernels) for (const tensor of writesOf(kernel)) makers.set(tensor, kernel);
  const ordered: Kernel[] = [];
  const state = new Map<Kernel, "open" | "done">();
  const stack: { readonly kernel: Kernel; readonly waiting: Kernel[] }[] = [];
  const enter = (kernel: Kernel): void => {
    if (state.get(kernel) === "done") return;
    if (state.get(kernel) === "open") throw new InternalError(`${kernel.name} waits for itself`);
    state.set(kernel, "open");
    const waiting = readsOf(kernel).map((tensor) => makers.get(tensor));
    stack.push({ kernel, waiting: waiting.filter((maker) => maker !== undefined).toReversed() });
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
