import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { type ReadsOf, tensorsOfKernel, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { renumberStep } from "../../ir/kernel/step-interface.ts";
import {
  renumberVerified,
  touchedBy,
  type VerifiedKernels,
} from "../../ir/kernel/verify-kernels.ts";

/**
 * Leaves out tensors between kernels that no kernel makes any more, and numbers the others anew. What was
 * `verified` of the kernels still is.
 */
export function dropTensors(
  program: KernelProgram,
  verified: VerifiedKernels = new Map(),
  readsOf?: ReadsOf,
): KernelProgram {
  const { tensors, kernels, steps } = program;
  const made = new Set(kernels.flatMap(writesOf));
  const kept = tensors.filter(({ id, role, replaces }) => {
    const isGiven = role !== "intermediate" && replaces === undefined;
    return isGiven || made.has(id);
  });
  if (kept.length === tensors.length) return program;
  const numbers = new Map(kept.map(({ id }, place) => [id, place]));
  const renumber = (tensor: number): number => numbers.get(tensor) ?? tensor;
  const left = kept.map((tensor, id) => renumberTensor(tensor, id, renumber));
  return {
    ...program,
    tensors: left,
    kernels: kernels.map((kernel) => {
      const touched = touchedBy(kernel, verified) ?? tensorsOfKernel(kernel, readsOf);
      const own = renumberKernel(kernel, renumber, touched);
      renumberVerified(verified, { kernel, tensors }, { kernel: own, tensors: left }, renumber);
      return own;
    }),
    steps: steps.map((step) => renumberStep(step, renumber)),
  };
}

function renumberTensor(
  tensor: KernelTensor,
  id: number,
  renumber: (tensor: number) => number,
): KernelTensor {
  const { replaces, partOf, scalesOf } = tensor;
  const named = [replaces, partOf?.tensor, scalesOf?.tensor].filter((other) => other !== undefined);
  if (tensor.id === id && named.every((other) => renumber(other) === other)) return tensor;
  return {
    ...tensor,
    id,
    ...(replaces !== undefined && { replaces: renumber(replaces) }),
    ...(partOf && { partOf: { ...partOf, tensor: renumber(partOf.tensor) } }),
    ...(scalesOf && { scalesOf: { ...scalesOf, tensor: renumber(scalesOf.tensor) } }),
  };
}

/** The kernel on tensors of other numbers; the same one where all that it touches keep theirs. */
export function renumberKernel(
  kernel: Kernel,
  renumber: (tensor: number) => number,
  touched: readonly number[] = tensorsOfKernel(kernel),
): Kernel {
  if (touched.every((tensor) => renumber(tensor) === tensor)) return kernel;
  const rewrite = makeRewriter((leaf) =>
    leaf.kind === "load" ? { ...leaf, tensor: renumber(leaf.tensor) } : undefined,
  );
  return {
    ...kernel,
    engine: rewriteEngine(kernel.engine, rewrite),
    ...(kernel.readsBefore && { readsBefore: kernel.readsBefore.map(renumber) }),
    stores: kernel.stores.map((store) => ({
      ...rewriteStore(store, rewrite),
      tensor: renumber(store.tensor),
    })),
  };
}
