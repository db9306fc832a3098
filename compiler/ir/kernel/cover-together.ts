import type { PositionId } from "../axis-ids.ts";
import type { Expr } from "../expr/expr-form.ts";
import { isSameExpr } from "../expr/expr-key.ts";
import { rangeOf } from "../expr/expr-range.ts";
import { coversOnce } from "../expr/index-digits.ts";
import { exprOfForm, integerFormOf } from "../expr/integer-form.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import type { LoopAxis, Store } from "./loops.ts";
import { reachesOnce } from "./partial-store.ts";

/**
 * Do the stores of a kernel to one tensor write each of its elements exactly once, or at most once where
 * they are partial? Several stand side by side along one dimension, as the halves of a rotation do.
 */
export function coverTogether(
  stores: readonly Store[],
  tensor: Pick<KernelTensor, "shape">,
  axes: readonly LoopAxis<PositionId>[],
): boolean {
  const [first, ...others] = stores;
  if (first === undefined) return false;
  const isPartial = stores.some(({ partial }) => partial === true);
  const loops = axes.map(({ id, extent }) => ({ axis: id, extent }));
  if (others.length === 0)
    return isPartial ? reachesOnce(first, tensor, axes) : coversOnce(first.at, tensor.shape, loops);
  const differing = first.at.flatMap((position, n) =>
    others.every(({ at }) => isSameExpr(position, at[n] ?? position)) ? [] : [n],
  );
  const [dimension = -1] = differing;
  if (differing.length !== 1) return false;
  const forms = stores.map(({ at }) => integerFormOf(at[dimension] as Expr));
  const bases = forms.map(({ terms }) => exprOfForm({ terms, constant: 0 }));
  const [base] = bases;
  if (base === undefined || bases.some((other) => !isSameExpr(base, other))) return false;
  const { min, max } = rangeOf(base);
  const width = max + 1;
  const starts = forms.map(({ constant }) => constant).sort((a, b) => a - b);
  const isApart = starts.every((start, n) => n === 0 || start - (starts[n - 1] ?? 0) >= width);
  if (min !== 0 || !isApart) return false;
  const at = first.at.map((position, n) => (n === dimension ? base : position));
  if (isPartial) return reachesOnce({ at }, tensor, axes);
  const isWhole = starts.every((start, n) => start === n * width);
  const shape = tensor.shape.map((extent, n) => (n === dimension ? width : extent));
  return (
    isWhole && starts.length * width === tensor.shape[dimension] && coversOnce(at, shape, loops)
  );
}
