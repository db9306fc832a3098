import { axisIndex } from "../ir/expr.ts";
import { ExprNumbers } from "../ir/expr-numbers.ts";
import type { Engine, Expr, Kernel, KernelProgram, LoopAxis, Store } from "../ir/kernel.ts";
import { readsOf, tensorsOfKernel, writesOf } from "../ir/kernel-tensors.ts";
import { makeRewriter } from "../ir/rewrite-expr.ts";

type RowKernel = Kernel & { readonly engine: Extract<Engine, { kind: "row" }> };

/**
 * Row programs over rows and lanes of the same extents, that do not wait for each other and read a common
 * activation, become one kernel: the norms of queries and keys, several norms of one input. Reductions
 * that both have are computed once.
 */
export function mergeRows(program: KernelProgram, maxTensors: number): KernelProgram {
  const kernels = [...program.kernels];
  const isShared = (tensor: number): boolean => program.tensors[tensor]?.role !== "parameter";
  for (let first = 0; first < kernels.length; first++) {
    const one = kernels[first];
    if (one === undefined || !isRow(one)) continue;
    const partner = findPartner(kernels, first, one, isShared, maxTensors);
    if (partner === undefined) continue;
    const { merged, place, other } = partner;
    kernels.splice(other, 1);
    kernels.splice(first, 1);
    kernels.splice(place, 0, merged);
    // The merged kernel may find another partner.
    first = Math.min(first, place) - 1;
  }
  return { ...program, kernels };
}

interface Partner {
  readonly merged: Kernel;
  readonly other: number;
  /** Where the merged kernel goes once both are taken out. */
  readonly place: number;
}

function findPartner(
  kernels: readonly Kernel[],
  first: number,
  one: RowKernel,
  isShared: (tensor: number) => boolean,
  maxTensors: number,
): Partner | undefined {
  const reads = new Set(readsOf(one).filter(isShared));
  const writes = new Set(writesOf(one));
  const between = new Set<number>();
  let isReadBetween = false;
  for (let second = first + 1; second < kernels.length; second++) {
    const two = kernels[second] as Kernel;
    const secondReads = readsOf(two);
    const waits = secondReads.some((tensor) => writes.has(tensor));
    const fits =
      isRow(two) && hasSameLoops(one, two) && secondReads.some((tensor) => reads.has(tensor));
    if (fits && !waits) {
      const canRise = !secondReads.some((tensor) => between.has(tensor));
      const place = canRise ? first : second - 1;
      const merged = canRise || !isReadBetween ? merge(one, two) : undefined;
      if (merged !== undefined && tensorsOfKernel(merged).length <= maxTensors) {
        return { merged, other: second, place };
      }
    }
    if (waits) isReadBetween = true;
    for (const tensor of writesOf(two)) between.add(tensor);
  }
  return undefined;
}

function isRow(kernel: Kernel): kernel is RowKernel {
  return kernel.engine.kind === "row";
}

function hasSameLoops(one: RowKernel, two: RowKernel): boolean {
  const isSame = (a: readonly LoopAxis[], b: readonly LoopAxis[]): boolean => {
    const [left, right] = [wide(a), wide(b)];
    return (
      left.length === right.length && left.every(({ extent }, n) => extent === right[n]?.extent)
    );
  };
  return isSame(one.engine.grid, two.engine.grid) && isSame(one.engine.lanes, two.engine.lanes);
}

function wide(axes: readonly LoopAxis[]): readonly LoopAxis[] {
  return axes.filter((axis) => axis.extent !== 1);
}

function merge(one: RowKernel, two: RowKernel): Kernel {
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
  const stores = two.stores.map(
    (store): Store => ({ ...store, at: store.at.map(rewrite), value: rewrite(store.value) }),
  );
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

function uniquePlaces(places: Kernel["places"]): Kernel["places"] {
  const unique = new Map(
    places.map((place) => [`${place.path}|${place.file}|${place.line}`, place]),
  );
  return [...unique.values()];
}
