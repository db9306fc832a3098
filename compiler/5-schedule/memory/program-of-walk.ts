import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { remembered, readsOf, tensorsOfKernel, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { renumberKernel } from "../kernel-program/drop-tensors.ts";
import type { Run, Walk } from "./walk-within.ts";

/**
 * The program as a walk goes through it, without what was made again and then not read. What runs again is the same
 * kernel on the same numbers in other tensors, so it leaves the same bits.
 */
export function programOfWalk(program: KernelProgram, { runs, copies }: Walk): KernelProgram {
  const needed = neededOf(program, runs);
  if (!needed.some(({ isAgain }) => isAgain)) return program;
  const tensorsOf = remembered(tensorsOfKernel);
  const kernels = needed.flatMap((run) =>
    run.kernels.map((place): Kernel => {
      const kernel = program.kernels[place] as Kernel;
      const standIn = (tensor: number): number => run.tensorFor.get(tensor) ?? tensor;
      const moved = renumberKernel(kernel, standIn, tensorsOf(kernel));
      return run.isAgain ? { ...moved, isAgain: true, endsBecause: again } : moved;
    }),
  );
  const copied = copies.map((of, n) => copyOf(program.tensors[of] as KernelTensor, n, program));
  return { ...program, tensors: [...program.tensors, ...copied], kernels };
}

const again = "it runs again, for what it made was not kept";

/** From the end on: what runs again runs for somebody who reads what it makes. */
function neededOf({ kernels }: KernelProgram, runs: readonly Run[]): readonly Run[] {
  const [reads, writes] = [remembered(readsOf), remembered(writesOf)];
  const wanted = new Set<number>();
  const needed: Run[] = [];
  for (const run of runs.toReversed()) {
    const own = run.kernels.map((place) => kernels[place] as Kernel);
    const standIns = (tensors: readonly number[]): readonly number[] =>
      tensors.map((tensor) => run.tensorFor.get(tensor) ?? tensor);
    if (run.isAgain && !standIns(own.flatMap(writes)).some((tensor) => wanted.has(tensor))) continue;
    for (const tensor of standIns(own.flatMap(reads))) wanted.add(tensor);
    needed.push(run);
  }
  return needed.toReversed();
}

function copyOf(of: KernelTensor, number: number, { tensors }: KernelProgram): KernelTensor {
  const { name, shape, storage } = of;
  const id = tensors.length + number;
  return { id, name: `${name} again`, role: "intermediate", shape, storage };
}
