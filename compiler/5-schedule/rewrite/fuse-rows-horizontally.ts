import { axisIndex } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { ExprNumbers } from "../../ir/expr/expr-numbers.ts";
import { type Load, makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import {
  isFixed,
  type ReadsOf,
  readsOf,
  tensorsOfKernel,
  writesOf,
} from "../../ir/kernel/kernel-tensors.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";

type RowKernel = Kernel<"row">;

/**
 * Row programs over rows and lanes of the same extents, that do not wait for each other and read a common
 * activation, become one kernel: the norms of queries and keys, several norms of one input. Reductions
 * that both have are computed once.
 */
export const fuseRowsHorizontally: KernelPass = {
  name: "fuse-rows-horizontally",
  summary: "make one row program of several over the same rows and lanes",
  run: (program, { maxTensors, readsOf: reads }) => {
    const list = new RowFuser(program, maxTensors, reads);
    list.run();
    return { ...program, kernels: list.kernels };
  },
};

class RowFuser {
  readonly kernels: Kernel[];
  readonly #program: KernelProgram;
  readonly #maxTensors: number;
  readonly #reads: ReadsOf;
  readonly #readsThrough: ReadsOf;

  constructor(program: KernelProgram, maxTensors: number, reads: ReadsOf) {
    this.kernels = [...program.kernels];
    this.#program = program;
    this.#maxTensors = maxTensors;
    this.#reads = reads;
    this.#readsThrough = readsThroughSlabs(program.tensors, reads);
  }

  run(): void {
    const readers = new Map<number, RowKernel[]>();
    for (const kernel of this.kernels.filter(isRow)) {
      for (const tensor of this.#sharedReads(kernel)) {
        const others = readers.get(tensor) ?? [];
        const merged = others.some((other, n) => {
          const both = this.#tryFuse(other, kernel);
          if (both !== undefined) others[n] = both;
          return both !== undefined;
        });
        if (merged) break;
        readers.set(tensor, [...others, kernel]);
      }
    }
  }

  /** Puts one kernel in the place of two, where nothing between them stands in the way. */
  #tryFuse(one: RowKernel, two: RowKernel): RowKernel | undefined {
    const [first, second] = [this.kernels.indexOf(one), this.kernels.indexOf(two)];
    if (first < 0 || second < first) return undefined;
    const isOverSame =
      isAlike(one.engine.grid, two.engine.grid) && isAlike(one.engine.lanes, two.engine.lanes);
    if (!isOverSame) return undefined;
    const between = this.kernels.slice(first + 1, second);
    const written = new Set([...writesOf(one), ...between.flatMap(writesOf)]);
    const made = new Set(writesOf(one));
    const canRise = !this.#readsThrough(two).some((tensor) => written.has(tensor));
    const canSink = !between.some((kernel) =>
      this.#readsThrough(kernel).some((tensor) => made.has(tensor)),
    );
    if (!canRise && !canSink) return undefined;
    const both = merge(one, two);
    // What is left of the first in the second was read at another element.
    if (readsOf(both).some((tensor) => made.has(tensor))) return undefined;
    const merged = this.#withoutUnread(both, two, made);
    if (tensorsOfKernel(merged).length > this.#maxTensors) return undefined;
    this.kernels.splice(second, 1);
    this.kernels.splice(first, 1);
    this.kernels.splice(canRise ? first : second - 1, 0, merged);
    return merged;
  }

  /** Leaves out what the first stored for the second alone. */
  #withoutUnread(both: RowKernel, two: RowKernel, made: ReadonlySet<number>): RowKernel {
    const isNeeded = (tensor: number): boolean =>
      !made.has(tensor) ||
      this.#program.tensors[tensor]?.role !== "intermediate" ||
      !this.#reads(two).includes(tensor) ||
      this.kernels.some((kernel) => kernel !== two && this.#reads(kernel).includes(tensor));
    return { ...both, stores: both.stores.filter(({ tensor }) => isNeeded(tensor)) };
  }

  #sharedReads(kernel: Kernel): readonly number[] {
    return this.#reads(kernel).filter((tensor) => !isFixed(this.#program.tensors[tensor]));
  }
}

function isRow(kernel: Kernel): kernel is RowKernel {
  return isEngine(kernel, "row");
}

function isAlike(one: readonly LoopAxis[], two: readonly LoopAxis[]): boolean {
  const [left, right] = [wide(one), wide(two)];
  return left.length === right.length && left.every(({ extent }, n) => extent === right[n]?.extent);
}

function wide(axes: readonly LoopAxis[]): readonly LoopAxis[] {
  return axes.filter((axis) => axis.extent !== 1);
}

/** What the first stores at the element that is at hand need not be loaded. */
function madeHere({ tensor, at }: Load, stores: readonly Store[]): Expr | undefined {
  return stores.find(
    (store) =>
      store.tensor === tensor &&
      store.at.every((position, n) => isSameExpr(position, at[n] ?? position)),
  )?.value;
}

function merge(one: RowKernel, two: RowKernel): RowKernel {
  const axes = new Map<number, Expr>();
  const loops = (kernel: RowKernel): readonly LoopAxis[] => [
    ...wide(kernel.engine.grid),
    ...wide(kernel.engine.lanes),
  ];
  const target = loops(one);
  loops(two).forEach(({ id, extent }, n) => {
    axes.set(id, axisIndex(target[n]?.id ?? id, extent));
  });
  const numbers = new ExprNumbers();
  const keyOf = (combine: string, value: Expr): string => `${combine} ${numbers.numberOf(value)}`;
  const reductions = [...one.engine.reductions];
  const known = new Map(reductions.map(({ combine, value }, n) => [keyOf(combine, value), n]));
  const renumbered = new Map<number, number>();
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind === "axis") return axes.get(leaf.axis);
    if (leaf.kind === "load") return madeHere(leaf, one.stores);
    if (leaf.kind !== "reduced") return undefined;
    return { ...leaf, reduction: renumbered.get(leaf.reduction) ?? leaf.reduction };
  });
  two.engine.reductions.forEach((reduction, n) => {
    const value = rewrite(reduction.value);
    const key = keyOf(reduction.combine, value);
    const place = known.get(key) ?? reductions.length;
    if (place === reductions.length) reductions.push({ ...reduction, value });
    known.set(key, place);
    renumbered.set(n, place);
  });
  const stores = two.stores.map((store) => rewriteStore(store, rewrite));
  const suffix = two.name.replace(/^row-?/, "");
  return {
    name: one.name.endsWith(suffix) ? one.name : `${one.name}-${suffix}`,
    engine: { ...one.engine, reductions },
    stores: [...one.stores, ...stores],
    holds: [...one.holds, ...two.holds],
    places: uniquePlaces([...one.places, ...two.places]),
    endsBecause: one.endsBecause,
  };
}
