import { nodesOf } from "../../ir/expr/expr-cost.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import type { Engine, Expr, Kernel, Store } from "../../ir/kernel/kernel.ts";
import { readsOf } from "../../ir/kernel/kernel-tensors.ts";
import { type KernelPart, partsOfKernel } from "../../ir/kernel/loop-axes.ts";

/**
 * A tensor that a kernel reads and writes, and not so that each element is read only by the invocation
 * that writes it, before it does.
 */
export function racedTensor(kernel: Kernel): number | undefined {
  const reads = new Set(readsOf(kernel));
  // Each invocation of a scatter writes its own element of the base, wherever the updates are.
  const stores = kernel.engine.kind === "scatter" ? kernel.stores.slice(0, 1) : kernel.stores;
  const raced = stores.find(
    (store, n) =>
      reads.has(store.tensor) &&
      partsOfKernel(kernel).some((part) => isRaced(store, n, part, kernel)),
  );
  return raced?.tensor;
}

function isRaced(
  store: Store,
  number: number,
  part: KernelPart,
  { engine, stores }: Kernel,
): boolean {
  const isStatistic = engine.kind === "row" && part.name.startsWith("reduction ");
  // The lanes of a row read it at their own time; what stands once per row is stored by one of them.
  const isOwn =
    part.name === `store ${number}` ||
    (loadsOnce(engine) && stores.some((_, n) => part.name === `store ${n}`)) ||
    engine.kind === "scatter" ||
    (isStatistic && store.perRow !== true);
  return nodesOf([part.expr]).some((node) => {
    if (node.kind !== "load" || node.tensor !== store.tensor) return false;
    if (areDisjoint(node.at, store.at)) return false;
    const isSame = node.at.every((position, n) => isSameExpr(position, store.at[n] as Expr));
    return !isSame || !isOwn;
  });
}

/** Do all stores of one point stand in one block, where an element is loaded once, before the first? */
export function loadsOnce({ kind }: Engine): boolean {
  return kind === "contract" || kind === "map";
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
