import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, readsOf } from "../../ir/kernel/kernel-tensors.ts";
import {
  coveringStores,
  hasUpdates,
  type KernelPart,
  partsOfKernel,
} from "../../ir/kernel/loop-axes.ts";
import type { Store } from "../../ir/kernel/loops.ts";

/**
 * A tensor that a kernel reads and writes, and not so that each element is read only by the invocation
 * that writes it, before it does.
 */
export function racedTensor(kernel: Kernel, readsBy: ReadsOf = readsOf): number | undefined {
  const reads = new Set(readsBy(kernel));
  // Each invocation writes its own element, wherever the updates of it are.
  const raced = coveringStores(kernel).find(
    (store, n) =>
      reads.has(store.tensor) &&
      partsOfKernel(kernel).some((part) => isRaced(store, n, part, kernel)),
  );
  return raced?.tensor;
}

function isRaced(store: Store, number: number, part: KernelPart, kernel: Kernel): boolean {
  const { engine, stores } = kernel;
  // The lanes of a row read it at their own time; what stands once per row is stored by one of them.
  const isOwn =
    part.name === `store ${number}` ||
    (recordOf(engine).loadsOnce && stores.some((_, n) => part.name === `store ${n}`)) ||
    hasUpdates(kernel) ||
    (part.isReadBeforeStores && store.perRow !== true);
  return nodesOf([part.expr]).some((node) => {
    if (node.kind !== "load" || node.tensor !== store.tensor) return false;
    if (areDisjoint(node.at, store.at)) return false;
    const isSame = node.at.every((position, n) => isSameExpr(position, store.at[n] as Expr));
    return !isSame || !isOwn;
  });
}

/** Different constants along one dimension: no element in common. */
export function areDisjoint(one: readonly Expr[], two: readonly Expr[]): boolean {
  return one.some((position, n) => {
    const other = two[n];
    return (
      position.kind === "constant" && other?.kind === "constant" && position.value !== other.value
    );
  });
}
