import { invariant } from "../../diagnostics/internal-error.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { type KernelStep, renumberStep } from "../../ir/kernel/step-interface.ts";
import {
  renumberVerified,
  touchedBy,
  type VerifiedKernels,
} from "../../ir/kernel/verify-kernels.ts";
import { renumberKernel } from "../kernel-program/drop-tensors.ts";
import { tableKey } from "../kernel-program/table-key.ts";

/**
 * Programs of the steps of a mode as one, the steps one after the other; each kernel says of which it is.
 * What is stored at one path is one tensor, and so are equal tables, so that weights are on the
 * device once and lie as all steps take them, and what is between the kernels of one step makes room for
 * the other's. What was `verified` of the kernels still is.
 */
export function joinPrograms(
  programs: readonly KernelProgram[],
  verified: VerifiedKernels = new Map(),
): KernelProgram {
  const tensors: KernelTensor[] = [];
  const kernels: Kernel[] = [];
  const steps: KernelStep[] = [];
  const shared = new Map<string, number>();
  for (const program of programs) {
    const before = tensors.length;
    const numbers = program.tensors.map((tensor) => {
      const key = sharedKey(tensor);
      const known = key === undefined ? undefined : shared.get(key);
      if (known !== undefined) {
        const other = tensors[known];
        invariant(
          other?.shape.join() === tensor.shape.join() &&
            other.storage === tensor.storage &&
            other.role === tensor.role,
          `the steps of the mode disagree about ${tensor.name}`,
        );
        return known;
      }
      const id = tensors.length;
      tensors.push(id === tensor.id ? tensor : { ...tensor, id });
      if (key !== undefined) shared.set(key, id);
      return id;
    });
    const renumber = (tensor: number): number => numbers[tensor] ?? tensor;
    for (const { id, partOf } of program.tensors) {
      const own = tensors[renumber(id)];
      if (own === undefined || partOf === undefined) continue;
      const place = { ...partOf, tensor: renumber(partOf.tensor) };
      const isNew = own.id >= before;
      // One step may see a tensor alone, and another the slab that it lies in.
      if (isNew || own.partOf === undefined) {
        if (own.partOf?.tensor !== place.tensor) tensors[own.id] = { ...own, partOf: place };
      } else {
        const isSame = own.partOf.tensor === place.tensor && own.partOf.first === place.first;
        invariant(isSame, `the steps of the mode disagree about where ${own.name} lies`);
      }
    }
    const number = steps.length;
    for (const kernel of program.kernels) {
      const moved = renumberKernel(kernel, renumber, touchedBy(kernel, verified));
      const own = number === 0 ? moved : { ...moved, step: number };
      const lowered = { kernel, tensors: program.tensors };
      renumberVerified(verified, lowered, { kernel: own, tensors }, renumber);
      kernels.push(own);
    }
    steps.push(...program.steps.map((step) => renumberStep(step, renumber)));
  }
  return { tensors, kernels, steps };
}

/** What a tensor has in common with that of another step; what is stored is named by its path. */
function sharedKey({ role, name, table, storage }: KernelTensor): string | undefined {
  if (role === "parameter" || role === "state") return `stored ${name}`;
  return table && `table ${tableKey(table, storage)}`;
}

/** The kernels of each step as a range, `to` exclusive: what cuts or replaces kernels keeps their order. */
export function stepRanges({
  kernels,
  steps,
}: KernelProgram): readonly { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  for (const step of steps.keys()) {
    const after = kernels.findIndex((kernel) => (kernel.step ?? 0) > step);
    const to = after < 0 ? kernels.length : after;
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}
