import type { KernelTensor } from "./kernel-tensor.ts";
import { type ReadsOf, readsOf, remembered } from "./kernel-tensors.ts";

/** The tensors in which others lie, and these by them: a slab and its parts, a state and what it was cut into. */
export function partsByWhole(
  tensors: readonly KernelTensor[],
): ReadonlyMap<number, readonly KernelTensor[]> {
  const parts = new Map<number, KernelTensor[]>();
  for (const tensor of tensors) {
    if (tensor.partOf === undefined || !sharesPlace(tensor)) continue;
    const others = parts.get(tensor.partOf.tensor);
    if (others === undefined) parts.set(tensor.partOf.tensor, [tensor]);
    else others.push(tensor);
  }
  return parts;
}

/** Does a part of a tensor lie where the tensor does, so that who writes one writes the other? */
export function sharesPlace({ role }: Pick<KernelTensor, "role">): boolean {
  return role === "state" || role === "scratch";
}

/** Each tensor with those that have elements in common with it: what it is part of, and its parts. */
export function overlapping(
  tensors: readonly KernelTensor[],
): (tensor: number) => readonly number[] {
  const parts = partsByWhole(tensors);
  const found = new Map<number, readonly number[]>();
  for (const [whole, own] of parts) {
    found.set(whole, [whole, ...own.map(({ id }) => id)]);
    for (const { id } of own) found.set(id, [id, whole]);
  }
  return (tensor) => found.get(tensor) ?? [tensor];
}

/** What a kernel reads, and what has elements in common with that: all whose makers it has to come after. */
export function readsThroughSlabs(
  tensors: readonly KernelTensor[],
  reads: ReadsOf = readsOf,
): ReadsOf {
  const around = overlapping(tensors);
  return remembered((kernel) => [...new Set(reads(kernel).flatMap(around))]);
}

/** What is wrong with parts of tensors: they lie inside, apart, in the order of their elements, and in the same way. */
export function wrongSlab(
  tensors: readonly KernelTensor[],
  slabs: ReadonlyMap<number, readonly KernelTensor[]>,
): string | undefined {
  for (const [id, parts] of slabs) {
    const whole = tensors[id];
    if (whole === undefined || whole.partOf !== undefined)
      return `there is no tensor ${id} with parts`;
    const odd = parts.find(({ role, storage }) => role !== whole.role || storage !== whole.storage);
    if (odd !== undefined) return `${odd.name} is another kind of tensor than ${whole.name}`;
    let end = 0;
    const inOrder = parts.toSorted((a, b) => firstOf(a) - firstOf(b));
    for (const part of inOrder) {
      if (firstOf(part) < end) return `${part.name} overlaps another part of ${whole.name}`;
      end = firstOf(part) + elementsOf(part);
    }
    if (end > elementsOf(whole)) return `parts of ${whole.name} lie outside of it`;
  }
  return undefined;
}

function firstOf({ partOf }: KernelTensor): number {
  return partOf?.first ?? 0;
}

function elementsOf({ shape }: KernelTensor): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
