import type { Kernel, KernelProgram } from "../ir/kernel.ts";
import { writesOf } from "../ir/kernel-tensors.ts";
import { rewriteEngine } from "../ir/rewrite-engine.ts";
import { makeRewriter } from "../ir/rewrite-expr.ts";
import type { ProgramTensors } from "./tensor-table.ts";

/** Leaves out intermediate tensors that no kernel makes any more, and numbers the others anew. */
export function dropTensors(
  program: KernelProgram,
  known: ProgramTensors,
): { readonly program: KernelProgram; readonly interface: ProgramTensors } {
  const { tensors, kernels } = program;
  const made = new Set(kernels.flatMap(writesOf));
  const kept = tensors.filter(({ id, role }) => role !== "intermediate" || made.has(id));
  if (kept.length === tensors.length) return { program, interface: known };
  const numbers = new Map(kept.map(({ id }, place) => [id, place]));
  const renumber = (tensor: number): number => numbers.get(tensor) ?? tensor;
  return {
    program: {
      tensors: kept.map((tensor, id) => ({ ...tensor, id })),
      kernels: kernels.map((kernel) => renumberKernel(kernel, renumber)),
    },
    interface: {
      parameters: known.parameters.map(renumber),
      inputs: known.inputs.map(renumber),
      outputs: known.outputs.map(renumber),
    },
  };
}

function renumberKernel(kernel: Kernel, renumber: (tensor: number) => number): Kernel {
  const rewrite = makeRewriter((leaf) =>
    leaf.kind === "load" ? { ...leaf, tensor: renumber(leaf.tensor) } : undefined,
  );
  return {
    ...kernel,
    engine: rewriteEngine(kernel.engine, rewrite),
    stores: kernel.stores.map((store) => ({
      ...store,
      tensor: renumber(store.tensor),
      at: store.at.map(rewrite),
      value: rewrite(store.value),
    })),
  };
}
