import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { remembered, tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { renumberKernel } from "../kernel-program/drop-tensors.ts";
import type { Walk } from "./walk-within.ts";

/**
 * The program as a walk goes through it. What runs again is the same kernel on the same numbers in other tensors,
 * so it leaves the same bits.
 */
export function programOfWalk(program: KernelProgram, { runs, copies }: Walk): KernelProgram {
  const tensorsOf = remembered(tensorsOfKernel);
  const kernels = runs.flatMap(({ kernels: places, maker, standIns }) =>
    places.map((place): Kernel => {
      const kernel = program.kernels[place] as Kernel;
      const standIn = (tensor: number): number => standIns.get(tensor) ?? tensor;
      const moved = renumberKernel(kernel, standIn, tensorsOf(kernel));
      return maker === undefined ? moved : { ...moved, isAgain: true, endsBecause: again };
    }),
  );
  const copied = copies.map((of, n): KernelTensor => {
    const { name, shape, storage } = program.tensors[of] as KernelTensor;
    const id = program.tensors.length + n;
    return { id, name: `${name} again`, role: "intermediate", shape, storage };
  });
  return { ...program, tensors: [...program.tensors, ...copied], kernels };
}

const again = "it runs again: what it made was not kept";
