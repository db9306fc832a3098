import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph } from "../../ir/graph/graph.ts";
import type { Kernel, KernelProgram, KernelTensor } from "../../ir/kernel/kernel.ts";
import type { FusedProgram } from "../fuse/fuse.ts";
import { type ProgramTensors, tableKey } from "../fuse/tensor-table.ts";
import { renumberInterface, renumberKernel } from "../kernel-program/drop-tensors.ts";

export interface JoinedPrograms {
  /** The steps one after the other; each kernel says of which it is. */
  readonly program: KernelProgram;
  /** Of each step, in order. */
  readonly interfaces: readonly ProgramTensors[];
}

export interface FusedStep extends FusedProgram {
  readonly graph: Graph;
}

/**
 * The steps of a mode as one program: parameters and states of one path are one tensor, and so are equal tables, so that weights
 * are on the device once and lie as all steps take them, and what is between the kernels of one step makes
 * room for the other's.
 */
export function joinPrograms(steps: readonly FusedStep[]): JoinedPrograms {
  const tensors: KernelTensor[] = [];
  const kernels: Kernel[] = [];
  const shared = new Map<string, number>();
  const interfaces = steps.map((step, number): ProgramTensors => {
    const keys = sharedKeys(step);
    const numbers = step.program.tensors.map((tensor) => {
      const key = keys.get(tensor.id);
      const known = key === undefined ? undefined : shared.get(key);
      if (known !== undefined) {
        const other = tensors[known];
        invariant(
          other?.shape.join() === tensor.shape.join() && other.storage === tensor.storage,
          `the steps of the mode disagree about ${tensor.name}`,
        );
        return known;
      }
      const id = tensors.length;
      tensors.push({ ...tensor, id });
      if (key !== undefined) shared.set(key, id);
      return id;
    });
    const renumber = (tensor: number): number => numbers[tensor] ?? tensor;
    for (const kernel of step.program.kernels)
      kernels.push({ ...renumberKernel(kernel, renumber), step: number });
    return renumberInterface(step.interface, renumber);
  });
  return { program: { tensors, kernels }, interfaces };
}

function sharedKeys({
  graph,
  interface: tensors,
  program,
}: FusedStep): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  graph.parameters.forEach(({ path }, n) => {
    keys.set(tensors.parameters[n] ?? -1, `parameter ${path}`);
  });
  graph.states.forEach(({ path }, n) => {
    keys.set(tensors.states[n] ?? -1, `state ${path}`);
  });
  for (const { id, table, storage } of program.tensors) {
    if (table !== undefined) keys.set(id, `table ${tableKey(table, storage)}`);
  }
  return keys;
}

/** The kernels of each step as a range, `to` exclusive: what cuts or replaces kernels keeps their order. */
export function stepRanges(
  { kernels }: KernelProgram,
  steps: number,
): readonly { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  for (let step = 0; step < steps; step++) {
    const after = kernels.findIndex((kernel) => (kernel.step ?? 0) > step);
    const to = after < 0 ? kernels.length : after;
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}
