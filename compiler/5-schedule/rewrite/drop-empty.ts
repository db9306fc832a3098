import type { Kernel } from "../../ir/kernel/kernel.ts";
import { extentOfAll, storeAxes } from "../../ir/kernel/loop-axes.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";

/**
 * Where a batch holds nothing, kernels have no element to store: there is nothing to dispatch, and nobody
 * reads what they would have made. A sum over nothing stays: it stores zeros.
 */
export const dropEmptyKernels: KernelPass = {
  name: "drop-empty-kernels",
  summary: "leave out kernels that store no element",
  run: (program) => ({
    ...program,
    kernels: program.kernels.filter((kernel) => !storesNothing(kernel)),
  }),
};

function storesNothing(kernel: Kernel): boolean {
  return kernel.stores.every((store) => extentOfAll(storeAxes(kernel, store)) === 0);
}
