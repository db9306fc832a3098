import { nodesOf } from "../expr/expr-cost.ts";
import type { Expr } from "../expr/expr-form.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import { exprsOfKernel } from "./loop-axes.ts";

/** Tensors that a kernel reads, each once, in the order of first reading. */
export function readsOf(kernel: Kernel): readonly number[] {
  return loadedTensors(exprsOfKernel(kernel));
}

/** `readsOf`, which may remember what it said of the same kernels. */
export type ReadsOf = (kernel: Kernel) => readonly number[];

/** `readsOf` for whoever asks about the same kernels again and again: kernels never change. */
export function rememberedReads(): ReadsOf {
  return remembered(readsOf);
}

/** The same for `tensorsOfKernel`. */
export function rememberedTensors(): (kernel: Kernel) => readonly number[] {
  return remembered(tensorsOfKernel);
}

/** The same for whatever a pass asks of a kernel. */
export function remembered<T>(find: (kernel: Kernel) => T): (kernel: Kernel) => T {
  const known = new Map<Kernel, T>();
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

export function writesOf({ stores }: Kernel): readonly number[] {
  const tensors = stores.map(({ tensor }) => tensor);
  return tensors.length < 2 ? tensors : [...new Set(tensors)];
}

/** Everything that must be bound. */
export function tensorsOfKernel(kernel: Kernel, reads: ReadsOf = readsOf): readonly number[] {
  return [...new Set([...reads(kernel), ...writesOf(kernel)])];
}

/** The tensors that expressions load, each once. */
export function loadedTensors(exprs: readonly Expr[]): readonly number[] {
  const tensors = new Set<number>();
  for (const node of nodesOf(exprs)) if (node.kind === "load") tensors.add(node.tensor);
  return [...tensors];
}
