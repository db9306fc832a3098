import type { PositionId } from "../../ir/axis-ids.ts";
import { axisIndex, call, intConstant } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { type Engine, isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { LoopAxis, Reduction, Store } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";

export interface Halved {
  readonly kernel: Kernel;
  /** What `store` of the whole kernel stores, in the first or second half of the loop. */
  readonly valueAt: (store: Store, half: number) => Expr;
}

/**
 * A kernel over half of one of its loops, which computes both halves of everything at each point. Rows
 * with any number of reductions, and contractions with one product; `undefined` for all else.
 */
export function inHalves(
  kernel: Kernel,
  { axis, extent }: { readonly axis: PositionId; readonly extent: number },
): Halved | undefined {
  const half = extent / 2;
  if (extent % 2 !== 0) return undefined;
  const shorten = (axes: readonly LoopAxis[]): readonly LoopAxis[] =>
    axes.map((loop) => (loop.id === axis ? { ...loop, extent: half } : loop));
  const isOver = (axes: readonly LoopAxis[]): boolean => axes.some(({ id }) => id === axis);
  const numbers = [new Map<number, number>(), new Map<number, number>()] as const;
  const rewrites = numbers.map((renumbered, n) => {
    const moved = call("add", [axisIndex(axis, half), intConstant(n * half)], "i32");
    return makeRewriter((leaf) => {
      if (leaf.kind === "axis") return leaf.axis === axis ? moved : undefined;
      if (leaf.kind !== "reduced") return undefined;
      return { ...leaf, reduction: renumbered.get(leaf.reduction) ?? leaf.reduction };
    });
  }) as [Rewrite, Rewrite];
  const halved = engineInHalves(kernel, axis, { isOver, shorten, numbers, rewrites });
  if (halved === undefined) return undefined;
  const stores = kernel.stores.flatMap((store) =>
    rewrites.map((rewrite) => rewriteStore(store, rewrite)),
  );
  return {
    kernel: { ...kernel, engine: halved, stores },
    valueAt: (store, n) => (n === 0 ? rewrites[0] : rewrites[1])(store.value),
  };
}

type Rewrite = (expr: Expr) => Expr;

interface Halving {
  readonly isOver: (axes: readonly LoopAxis[]) => boolean;
  readonly shorten: (axes: readonly LoopAxis[]) => readonly LoopAxis[];
  /** Old numbers of reductions to new ones, by half; filled here. */
  readonly numbers: readonly [Map<number, number>, Map<number, number>];
  readonly rewrites: readonly [Rewrite, Rewrite];
}

function engineInHalves(
  kernel: Kernel,
  axis: PositionId,
  { isOver, shorten, numbers, rewrites }: Halving,
): Engine | undefined {
  if (isEngine(kernel, "row") && isOver(kernel.engine.grid)) {
    const { engine } = kernel;
    const reductions: Reduction[] = [];
    const known = new Set<number>();
    engine.reductions.forEach((reduction, n) => {
      // One that is the same in both halves is computed once.
      const isBoth = nodesOf([reduction.value]).some(
        (node) =>
          (node.kind === "axis" && node.axis === axis) ||
          (node.kind === "reduced" && known.has(node.reduction)),
      );
      if (isBoth) known.add(n);
      for (const half of isBoth ? ([0, 1] as const) : ([0] as const)) {
        numbers[half].set(n, reductions.length);
        if (!isBoth) numbers[1].set(n, reductions.length);
        reductions.push({ ...reduction, value: rewrites[half](reduction.value) });
      }
    });
    return { ...engine, grid: shorten(engine.grid), reductions };
  }
  if (isEngine(kernel, "contract") && isOver(kernel.engine.columns)) {
    const { engine } = kernel;
    if (engine.others !== undefined) return undefined;
    engine.statistics?.forEach((_, n) => {
      for (const half of numbers) half.set(1 + n, 2 + n);
    });
    numbers[0].set(0, 0);
    numbers[1].set(0, 1);
    const [right, other] = [rewrites[0](engine.right), rewrites[1](engine.right)];
    return { ...engine, columns: shorten(engine.columns), right, others: [other] };
  }
  return undefined;
}
