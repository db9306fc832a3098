import { intConstant } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { rangeOf } from "../../ir/expr/expr-range.ts";
import { addForms, exprOfForm, integerFormOf } from "../../ir/expr/integer-form.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { partsOfKernel } from "../../ir/kernel/loop-axes.ts";
import { elementBytes } from "../../ir/kernel/tensor-address.ts";
import { alignment } from "../kernel-program/align-parts.ts";
import { moveAddresses } from "../kernel-program/move-addresses.ts";

interface RebasedKernel {
  readonly kernel: Kernel;
  /** By tensor: how many elements after its first one the kernel counts from. */
  readonly shifts: ReadonlyMap<number, number>;
}

/**
 * A kernel that never touches the beginning of a tensor counts from where it does begin, where a binding
 * may. The halves of a layer whose weight was cut then differ in their bindings alone, and share one text.
 */
export function rebaseKernel(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  mayShift: (tensor: KernelTensor) => boolean,
): RebasedKernel {
  const starts = new Map<number, readonly number[]>();
  const shifts = new Map<number, number>();
  for (const [id, accesses] of accessesOf(kernel)) {
    const tensor = tensors[id];
    if (tensor === undefined || !mayShift(tensor)) continue;
    const start = tensor.shape.map((_, dimension) => startOf(accesses, dimension));
    const shift = start.reduce((flat, first, n) => flat * (tensor.shape[n] ?? 1) + first, 0);
    const isAligned = (shift * elementBytes[tensor.storage]) % alignment === 0;
    if (shift === 0 || !isAligned) continue;
    starts.set(id, start);
    shifts.set(id, shift);
  }
  if (shifts.size === 0) return { kernel, shifts };
  const moved = (id: number, at: readonly Expr[]): readonly Expr[] | undefined =>
    starts.get(id)?.map((first, n) => less(at[n] ?? intConstant(0), first));
  return { kernel: moveAddresses(kernel, moved), shifts };
}

/** Positions of every load and store, by tensor; none for tensors that are read at positions read elsewhere. */
function accessesOf(kernel: Kernel): ReadonlyMap<number, readonly (readonly Expr[])[]> {
  const accesses = new Map<number, (readonly Expr[])[]>();
  const add = (tensor: number, at: readonly Expr[]): void => {
    const known = accesses.get(tensor);
    if (known === undefined) accesses.set(tensor, [at]);
    else known.push(at);
  };
  for (const node of nodesOf(partsOfKernel(kernel).map(({ expr }) => expr))) {
    if (node.kind === "load") add(node.tensor, node.at);
  }
  for (const { tensor, at } of kernel.stores) add(tensor, at);
  return new Map(
    [...accesses].filter(([, all]) => !nodesOf(all.flat()).some(({ kind }) => kind === "load")),
  );
}

/** What every position along a dimension is at least, by its constant term. */
function startOf(accesses: readonly (readonly Expr[])[], dimension: number): number {
  return Math.min(
    ...accesses.map((at) => {
      const position = at[dimension] ?? intConstant(0);
      return Math.max(0, Math.min(integerFormOf(position).constant, rangeOf(position).min));
    }),
  );
}

function less(position: Expr, first: number): Expr {
  if (first === 0) return position;
  return exprOfForm(addForms(integerFormOf(position), { terms: [], constant: -first }));
}
