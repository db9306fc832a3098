import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import { loopId } from "../../ir/axis-ids.ts";
import { axisIndex } from "../../ir/expr/expr.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { type ReadsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { overlapping, readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import { scalarTypeOf } from "../../ir/kernel/verify-kernel.ts";
import { renumberKernel } from "../kernel-program/drop-tensors.ts";
import type { KernelPass, KernelPassContext } from "../kernel-program/kernel-pass.ts";
import { type Makers, makersOf, orderKernels, waitsFor } from "../kernel-program/order-kernels.ts";
import { racedTensor } from "../kernel-program/raced-tensor.ts";

/**
 * Makes one tensor of each state before and after the call: what stores to it does so in place, after
 * everything that reads it as it was. Where that cannot be, because a kernel needs both or reads other
 * elements than it writes, the state is made beside the old one and copied over it at the end.
 */
export const updateInPlace: KernelPass = {
  name: "update-in-place",
  summary: "make one tensor of each state before and after the call",
  run: landed,
};

function landed(
  program: KernelProgram,
  { readsOf }: Pick<KernelPassContext, "readsOf">,
): KernelProgram {
  const stored = program.tensors.filter(({ replaces }) => replaces !== undefined);
  if (stored.length === 0) return program;
  const waits = new Map<Kernel, readonly Kernel[]>();
  const beside = new Set<KernelTensor>();
  const around = overlapping(program.tensors);
  const reads = readsThroughSlabs(program.tensors, readsOf);
  const makers = makersOf(program.kernels);
  for (const after of stored) {
    if (!waitForReaders(after, program, makers, waits, reads)) beside.add(after);
  }
  const ordered = orderKernels(program.kernels, waits, reads);
  const befores = new Set(stored.flatMap(({ replaces = -1 }) => around(replaces)));
  const marked = ordered.map((kernel): Kernel => {
    const readsBefore = readsOf(kernel).filter((tensor) => befores.has(tensor));
    return readsBefore.length === 0 ? kernel : { ...kernel, readsBefore };
  });
  const copies = [...beside].map((after) => copyOver(after, program, makers));
  const landed = new Map(
    stored.flatMap((after) => (beside.has(after) ? [] : [[after.id, after.replaces ?? after.id]])),
  );
  const rename = (tensor: number): number => landed.get(tensor) ?? tensor;
  const tensors = program.tensors.map((tensor) => (beside.has(tensor) ? besides(tensor) : tensor));
  const kernels = [...marked, ...copies].map((kernel) => renumberKernel(kernel, rename));
  return { ...program, tensors, kernels };
}

/** Lets the kernel that makes a state come after all that read it as it was; false where it cannot. */
function waitForReaders(
  { id, replaces = -1 }: KernelTensor,
  { kernels }: KernelProgram,
  makers: Makers,
  waits: Map<Kernel, readonly Kernel[]>,
  reads: ReadsOf,
): boolean {
  const writer = makers.get(id);
  const isOne = kernels.every((kernel) => kernel === writer || !writesOf(kernel).includes(id));
  if (writer === undefined || !isOne)
    throw new InternalError("a state is stored by one kernel before kernels are cut");
  const own = renumberKernel(writer, (tensor) => (tensor === id ? replaces : tensor));
  if (racedTensor(own) === replaces) return false;
  const readers = kernels.filter((kernel) => kernel !== writer && reads(kernel).includes(replaces));
  if (readers.some((reader) => waitsFor(reader, writer, makers, waits, reads))) return false;
  waits.set(writer, [...(waits.get(writer) ?? []), ...readers]);
  return true;
}

function besides({ replaces: _, ...tensor }: KernelTensor): KernelTensor {
  return { ...tensor, role: "intermediate" };
}

function copyOver(after: KernelTensor, { tensors }: KernelProgram, makers: Makers): Kernel {
  const { id, shape, storage, replaces = -1 } = after;
  const state = tensors[replaces];
  const maker = makers.get(id);
  invariant(state !== undefined && maker !== undefined, `${after.name} has no state`);
  const grid = shape.map((extent, n) => ({ id: loopId(n), name: `d${n}`, extent }));
  const at = shape.map((extent, n) => axisIndex(loopId(n), extent));
  const value = { kind: "load", tensor: id, at, type: scalarTypeOf(storage) } as const;
  return {
    name: "map-state",
    engine: { kind: "map", grid },
    stores: [{ tensor: replaces, at, value }],
    holds: [`${state.name} after the call`],
    places: maker.places,
    endsBecause: "the state is read as it was until here",
  };
}
