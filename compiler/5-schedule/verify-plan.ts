import { InternalError } from "../diagnostics/internal-error.ts";
import { nodesOf } from "../ir/expr-cost.ts";
import { isSameExpr } from "../ir/expr-key.ts";
import type { Expr, Kernel, KernelProgram } from "../ir/kernel.ts";
import { readsOf, writesOf } from "../ir/kernel-tensors.ts";
import { partsOfKernel } from "../ir/loop-axes.ts";
import type { MemoryPlan } from "./plan-memory.ts";
import { lifetimesOf, livesWith } from "./tensor-lifetimes.ts";

/**
 * Proves a plan: every tensor lies inside its buffer at an aligned place, what lives at the same time lies
 * apart, and no kernel writes a buffer that it reads, but a tensor that it reads only where it writes it.
 */
export function verifyPlan(program: KernelProgram, plan: MemoryPlan): void {
  const fail = (message: string): never => {
    throw new InternalError(`the memory plan is wrong: ${message}`);
  };
  const lifetimes = lifetimesOf(program);
  const whole = { first: 0, last: program.kernels.length };
  const byBuffer = new Map<number, number[]>();
  for (const { id, name, role, partOf } of program.tensors) {
    const place = plan.tensors[id];
    if (place === undefined) throw new InternalError(`${name} has no place`);
    const buffer = plan.buffers[place.buffer];
    if (buffer === undefined || place.offset + place.bytes > buffer.bytes)
      fail(`${name} leaves its buffer`);
    if (place.offset % 256 !== 0) fail(`${name} is not aligned`);
    const isShared = buffer?.role === "arena";
    if (isShared !== (role === "intermediate")) fail(`${name} lies in the wrong kind of buffer`);
    const others = byBuffer.get(place.buffer) ?? [];
    for (const other of others) {
      const neighbour = plan.tensors[other];
      const isInside = partOf?.tensor === other && role !== "parameter";
      if (neighbour === undefined || isInside) continue;
      const overlaps =
        place.offset < neighbour.offset + neighbour.bytes &&
        neighbour.offset < place.offset + place.bytes;
      const [mine, its] = isShared
        ? [lifetimes.get(id) ?? whole, lifetimes.get(other) ?? whole]
        : [whole, whole];
      if (overlaps && livesWith(mine, its)) fail(`${name} and ${neighbour.name} live at one place`);
    }
    others.push(id);
    byBuffer.set(place.buffer, others);
  }
  for (const kernel of program.kernels) {
    const written = writesOf(kernel);
    const clash = readsOf(kernel).find((tensor) =>
      written.some(
        (other) => other !== tensor && plan.tensors[other]?.buffer === plan.tensors[tensor]?.buffer,
      ),
    );
    if (clash !== undefined)
      fail(`${kernel.name} writes the buffer of ${program.tensors[clash]?.name}, which it reads`);
    const raced = racedTensor(kernel);
    if (raced !== undefined)
      fail(`${kernel.name} reads other elements of ${program.tensors[raced]?.name} than it writes`);
  }
}

/** A tensor that is read and written by one kernel, and not element by element. */
function racedTensor(kernel: Kernel): number | undefined {
  const both = kernel.stores.filter(({ tensor }) => readsOf(kernel).includes(tensor));
  const loads = nodesOf(partsOfKernel(kernel).map(({ expr }) => expr)).filter(
    (node) => node.kind === "load",
  );
  return both.find((store) =>
    loads.some((load) => {
      if (load.tensor !== store.tensor) return false;
      const isSame = load.at.every((position, n) => isSameExpr(position, store.at[n] as Expr));
      const isApart = load.at.some((position, n) => {
        const other = store.at[n];
        return (
          position.kind === "constant" &&
          other?.kind === "constant" &&
          position.value !== other.value
        );
      });
      return !isSame && !isApart;
    }),
  )?.tensor;
}
