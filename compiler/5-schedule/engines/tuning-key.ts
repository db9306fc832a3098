import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";

/** Up to 16 as it is, then up to the next power of two: tiles of that many rows are full or not. */
export function bucketOf(extent: number): string {
  if (extent <= 16) return String(extent);
  return `<=${2 ** Math.ceil(Math.log2(extent))}`;
}

/** How what expressions load is stored: `f32`, or `f16+f32`. */
export function storageOf(exprs: readonly Expr[], tensors: readonly KernelTensor[]): string {
  const storages = tensorsIn(exprs, tensors).map(({ storage }) => storage);
  return [...new Set(storages)].toSorted().join("+") || "nothing";
}

export function tensorsIn(
  exprs: readonly Expr[],
  tensors: readonly KernelTensor[],
): readonly KernelTensor[] {
  const ids = nodesOf(exprs).flatMap((node) => (node.kind === "load" ? [node.tensor] : []));
  return [...new Set(ids)].flatMap((id) => tensors[id] ?? []);
}
