import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import type { ProgramTensors } from "../fuse/tensor-table.ts";
import type { JoinedPrograms } from "../rewrite/join-programs.ts";

/** Leaves out tensors between kernels that no kernel makes any more, and numbers the others anew. */
export function dropTensors(
  program: KernelProgram,
  interfaces: readonly ProgramTensors[],
): JoinedPrograms {
  const { tensors, kernels } = program;
  const made = new Set(kernels.flatMap(writesOf));
  const kept = tensors.filter(({ id, role, replaces }) => {
    const isGiven = role !== "intermediate" && replaces === undefined;
    return isGiven || made.has(id);
  });
  if (kept.length === tensors.length) return { program, interfaces };
  const numbers = new Map(kept.map(({ id }, place) => [id, place]));
  const renumber = (tensor: number): number => numbers.get(tensor) ?? tensor;
  return {
    program: {
      tensors: kept.map((tensor, id) => ({
        ...tensor,
        id,
        ...(tensor.replaces !== undefined && { replaces: renumber(tensor.replaces) }),
        ...(tensor.partOf && {
          partOf: { ...tensor.partOf, tensor: renumber(tensor.partOf.tensor) },
        }),
        ...(tensor.scalesOf && {
          scalesOf: { ...tensor.scalesOf, tensor: renumber(tensor.scalesOf.tensor) },
        }),
      })),
      kernels: kernels.map((kernel) => renumberKernel(kernel, renumber)),
    },
    interfaces: interfaces.map((known) => renumberInterface(known, renumber)),
  };
}

export function renumberInterface(
  { parameters, inputs, outputs, states, constants }: ProgramTensors,
  renumber: (tensor: number) => number,
): ProgramTensors {
  return {
    parameters: parameters.map(renumber),
    inputs: inputs.map(renumber),
    outputs: outputs.map(renumber),
    states: states.map(renumber),
    constants: constants.map(renumber),
  };
}

export function renumberKernel(kernel: Kernel, renumber: (tensor: number) => number): Kernel {
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
