import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { tensorsOfKernel, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { renumberKernel } from "./drop-tensors.ts";

/**
 * One kernel of a program as a program of its own, for measuring it: what it reads is given from outside,
 * what it writes is a result, weights stay weights.
 */
export function isolateKernel(kernel: Kernel, tensors: readonly KernelTensor[]): KernelProgram {
  const used = tensorsOfKernel(kernel);
  const written = new Set(writesOf(kernel));
  const numbers = new Map(used.map((tensor, place) => [tensor, place]));
  const { readsBefore: _, step: __, ...plain } = kernel;
  return {
    tensors: used.flatMap((tensor, id): KernelTensor[] => {
      const known = tensors[tensor];
      if (known === undefined) return [];
      const { name, shape, storage } = known;
      const isWeight = known.role === "parameter";
      const role = written.has(tensor) ? "output" : isWeight ? "parameter" : "input";
      return [{ id, name, shape, storage, role }];
    }),
    kernels: [renumberKernel(plain, (tensor) => numbers.get(tensor) ?? tensor)],
    steps: [],
  };
}
