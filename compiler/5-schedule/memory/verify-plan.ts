import type { TensorSpec } from "../../artifact.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { isFixed, type ReadsOf, readsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { overlapping, sharesPlace } from "../../ir/kernel/slab-tensors.ts";
import { racedTensor } from "../kernel-program/raced-tensor.ts";
import type { MemoryPlan } from "./plan-memory.ts";
import { lifetimesOf, livesWith } from "./tensor-lifetimes.ts";
import { wrongStreaming } from "./verify-streaming.ts";

/**
 * Proves a plan: every tensor lies inside its buffer at an aligned place, what lives at the same time lies
 * apart, and no kernel writes a buffer that it reads, but a tensor that it reads only where it writes it.
 * What is updated in place, caches and weights, lies row-major and wide, and no two of them in one buffer.
 */
export function verifyPlan(
  program: KernelProgram,
  plan: MemoryPlan,
  reads: ReadsOf = readsOf,
): void {
  const fail = (message: string): never => {
    throw new InternalError(`the memory plan is wrong: ${message}`);
  };
  const lifetimes = lifetimesOf(program, reads);
  const whole = { first: 0, last: program.kernels.length };
  const byBuffer = new Map<number, number[]>();
  for (const tensor of program.tensors) {
    const { id, name, role, partOf } = tensor;
    const place = plan.tensors[id];
    if (place === undefined) throw new InternalError(`${name} has no place`);
    const buffer = plan.buffers[place.buffer];
    if (buffer === undefined || place.offset + place.bytes > buffer.bytes)
      fail(`${name} leaves its buffer`);
    if (place.offset % 256 !== 0) fail(`${name} is not aligned`);
    const isShared = buffer?.role === "arena";
    if (
      isShared !== (role === "intermediate") ||
      (buffer?.role === "states") !== sharesPlace(tensor) ||
      (buffer?.role === "constants") !== (role === "constant")
    )
      fail(`${name} lies in the wrong kind of buffer`);
    if (sharesPlace(tensor) && place.packing.kind !== "row-major")
      fail(`${name} is updated in place and packed (${place.packing.kind})`);
    // What takes turns in a slot is looked at by turns.
    if (buffer?.role === "slot" && role === "parameter") continue;
    const others = byBuffer.get(place.buffer) ?? [];
    // Of all pairs in a buffer only those that overlap are worth a question.
    for (const other of others.filter((one) => overlaps(place, plan.tensors[one]))) {
      const neighbour = plan.tensors[other];
      const isInside =
        !isFixed(tensor) &&
        (partOf?.tensor === other || program.tensors[other]?.partOf?.tensor === id);
      // Parts of one input or output may lie in each other's bindings: each is touched only where it is.
      const isBeside =
        (role === "input" || role === "output") &&
        program.tensors[other]?.partOf?.tensor === partOf?.tensor;
      if (neighbour === undefined || isInside || isBeside) continue;
      const [mine, its] = isShared
        ? [lifetimes.get(id) ?? whole, lifetimes.get(other) ?? whole]
        : [whole, whole];
      if (livesWith(mine, its)) fail(`${name} and ${neighbour.name} live at one place`);
    }
    others.push(id);
    byBuffer.set(place.buffer, others);
  }
  for (const kernel of program.kernels) {
    const written = writesOf(kernel);
    // What it also writes is bound once, to read and write.
    const given = reads(kernel).filter((tensor) => !written.includes(tensor));
    const clash = given.find((tensor) =>
      written.some((other) => plan.tensors[other]?.buffer === plan.tensors[tensor]?.buffer),
    );
    if (clash !== undefined)
      fail(`${kernel.name} writes the buffer of ${program.tensors[clash]?.name}, which it reads`);
    const overlapping = overlappingWrites([...new Set(written)], plan);
    if (overlapping !== undefined)
      fail(`${kernel.name} binds ${program.tensors[overlapping]?.name} twice to write`);
    const raced = racedTensor(kernel, reads);
    if (raced !== undefined)
      fail(`${kernel.name} reads other elements of ${program.tensors[raced]?.name} than it writes`);
  }
  const unplaced = wrongStreaming(program, plan);
  if (unplaced !== undefined) fail(unplaced);
  const early = misreadState(program, reads);
  if (early !== undefined) fail(early);
}

function overlaps(one: TensorSpec, other: TensorSpec | undefined): boolean {
  if (other === undefined) return false;
  return one.offset < other.offset + other.bytes && other.offset < one.offset + one.bytes;
}

/** A tensor whose binding overlaps that of another one that the same kernel writes. */
function overlappingWrites(written: readonly number[], plan: MemoryPlan): number | undefined {
  return written.find((tensor, n) => {
    const mine = plan.tensors[tensor];
    return written.slice(0, n).some((other) => {
      const its = plan.tensors[other];
      if (mine === undefined || its === undefined || mine.buffer !== its.buffer) return false;
      return overlaps(mine, its);
    });
  });
}

/** A kernel that reads a state as it was after one that stores to any of it, or as it will be before. */
function misreadState({ tensors, kernels }: KernelProgram, reads: ReadsOf): string | undefined {
  const isState = (tensor: number): boolean => tensors[tensor]?.role === "state";
  const around = overlapping(tensors);
  const steps = new Map<number, Kernel[]>();
  for (const kernel of kernels) {
    const own = steps.get(kernel.step ?? 0);
    if (own === undefined) steps.set(kernel.step ?? 0, [kernel]);
    else own.push(kernel);
  }
  for (const own of steps.values()) {
    const firstWrite = new Map<number, number>();
    const lastWrite = new Map<number, number>();
    own.forEach((kernel, place) => {
      for (const tensor of writesOf(kernel).filter(isState).flatMap(around)) {
        if (!firstWrite.has(tensor)) firstWrite.set(tensor, place);
        lastWrite.set(tensor, place);
      }
    });
    for (const [place, kernel] of own.entries()) {
      for (const tensor of reads(kernel).filter(isState)) {
        const isBefore = kernel.readsBefore?.includes(tensor) === true;
        const isRight = isBefore
          ? place <= (firstWrite.get(tensor) ?? place)
          : place > (lastWrite.get(tensor) ?? -1);
        if (!isRight) return `${kernel.name} reads ${tensors[tensor]?.name} at the wrong time`;
      }
    }
  }
  return undefined;
}
