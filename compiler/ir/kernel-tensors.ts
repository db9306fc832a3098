import { nodesOf } from "./expr-cost.ts";
import type { Kernel, KernelTensor } from "./kernel.ts";
import { exprsOfKernel } from "./loop-axes.ts";

/** Tensors that a kernel reads, each once, in the order of first reading. */
export function readsOf(kernel: Kernel): readonly number[] {
  const tensors = new Set<number>();
  for (const node of nodesOf(exprsOfKernel(kernel))) {
    if (node.kind === "load") tensors.add(node.tensor);
  }
  return [...tensors];
}

/** `readsOf` for a pass that asks about the same kernels again and again: kernels never change. */
export function rememberedReads(): (kernel: Kernel) => readonly number[] {
  return remembered(readsOf);
}

/** The same for `tensorsOfKernel`. */
export function rememberedTensors(): (kernel: Kernel) => readonly number[] {
  return remembered(tensorsOfKernel);
}

function remembered(
  find: (kernel: Kernel) => readonly number[],
): (kernel: Kernel) => readonly number[] {
  const known = new Map<Kernel, readonly number[]>();
  return (kernel) => {
    const found = known.get(kernel) ?? find(kernel);
    known.set(kernel, found);
    return found;
  };
}

/** Weights and constants: the same in every run. */
export function isFixed(tensor: KernelTensor | undefined): boolean {
  return tensor?.role === "parameter" || tensor?.role === "constant";
}

export function writesOf(kernel: Kernel): readonly number[] {
  return [...new Set(kernel.stores.map((store) => store.tensor))];
}

/** Everything that must be bound. */
export function tensorsOfKernel(kernel: Kernel): readonly number[] {
  return [...new Set([...readsOf(kernel), ...writesOf(kernel)])];
}
