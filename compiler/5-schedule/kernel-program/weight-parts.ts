import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { readsOf } from "../../ir/kernel/kernel-tensors.ts";

/** Weights that have to be on the device together. */
export interface WeightPart {
  readonly tensors: readonly number[];
  readonly bytes: number;
  /** A step reads it, then weights of other parts, then it again. */
  readonly isRevisited: boolean;
}

interface WeightParts {
  /** In the order of first use. */
  readonly moving: readonly WeightPart[];
  /** Of weights of `small` bytes at most, and of those that no kernel reads. */
  readonly stayingBytes: number;
}

interface Seen {
  readonly tensors: number[];
  /** By step. */
  readonly visits: Map<number, number>;
  /** The last kernel that read it. */
  last: number;
}

/** Weights that one kernel reads are one part, and so are a quantised weight, its pieces and its scales. */
export function partsAtOnce(
  { tensors, kernels }: KernelProgram,
  bytesOf: (tensor: number) => number,
  small: number,
): WeightParts {
  const above = new Map<number, number>();
  const rootOf = (tensor: number): number => {
    let root = tensor;
    for (let next = above.get(root); next !== undefined; next = above.get(root)) root = next;
    return root;
  };
  const join = (a: number, b: number): void => {
    const [one, two] = [rootOf(a), rootOf(b)];
    if (one !== two) above.set(Math.max(one, two), Math.min(one, two));
  };
  const isMoving = (tensor: number): boolean =>
    tensors[tensor]?.role === "parameter" && bytesOf(tensor) > small;
  const scaled = new Set(tensors.flatMap(({ scalesOf }) => scalesOf?.tensor ?? []));
  const tied = new Map<number, number>();
  for (const { id, scalesOf, partOf } of tensors) {
    if (scalesOf !== undefined) tied.set(id, scalesOf.tensor);
    if (partOf !== undefined && partOf.tensor !== id && scaled.has(partOf.tensor))
      tied.set(id, partOf.tensor);
  }
  const reads = kernels.map((kernel) => {
    const own = readsOf(kernel).filter((tensor) => tensors[tensor]?.role === "parameter");
    // The scales of a large weight go with it however small they are.
    return [...new Set(own.map((tensor) => tied.get(tensor) ?? tensor))].filter(isMoving);
  });
  for (const own of reads) for (const tensor of own) join(own[0] ?? tensor, tensor);
  const found = new Map<number, Seen>();
  reads.forEach((own, index) => {
    const [first] = own;
    if (first === undefined) return;
    const root = rootOf(first);
    const part: Seen = found.get(root) ?? { tensors: [], visits: new Map(), last: -1 };
    found.set(root, part);
    for (const tensor of own) if (!part.tensors.includes(tensor)) part.tensors.push(tensor);
    const isNext = reads.slice(part.last + 1, index).every((between) => between.length === 0);
    const step = kernels[index]?.step ?? 0;
    const isSameStep = kernels[part.last]?.step === kernels[index]?.step;
    if (part.last < 0 || !isNext || !isSameStep)
      part.visits.set(step, (part.visits.get(step) ?? 0) + 1);
    part.last = index;
  });
  const followers = new Map<number, number[]>();
  for (const [tensor, leader] of tied)
    followers.set(leader, [...(followers.get(leader) ?? []), tensor]);
  const moving = [...found.values()].map(({ tensors: own, visits }): WeightPart => {
    const all = own.flatMap((tensor) => [tensor, ...(followers.get(tensor) ?? [])]);
    const bytes = all.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    return { tensors: all, bytes, isRevisited: [...visits.values()].some((times) => times > 1) };
  });
  const moved = new Set(moving.flatMap((part) => part.tensors));
  const stayingBytes = tensors.reduce(
    (sum, { id, role }) => sum + (role === "parameter" && !moved.has(id) ? bytesOf(id) : 0),
    0,
  );
  return { moving, stayingBytes };
}
