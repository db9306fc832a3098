import { axisIndex } from "../ir/expr.ts";
import { nodesOf } from "../ir/expr-cost.ts";
import { isSameExpr } from "../ir/expr-key.ts";
import type { Engine, Expr, Kernel, KernelProgram, LoopAxis, Store } from "../ir/kernel.ts";
import { readsOf, rememberedReads, tensorsOfKernel, writesOf } from "../ir/kernel-tensors.ts";
import { extentOfAll, rightsOf } from "../ir/loop-axes.ts";
import { rewriteEngine } from "../ir/rewrite-engine.ts";
import { makeRewriter } from "../ir/rewrite-expr.ts";
import { rewriteStore } from "../ir/rewrite-store.ts";
import { uniquePlaces } from "./unique-places.ts";

type Contract = Kernel & { readonly engine: Extract<Engine, { kind: "contract" }> };

export interface MergeOptions {
  readonly maxTensors: number;
  /** Contractions of many rows too, whose registers hold fewer rows then. */
  readonly ofManyRows: boolean;
}

/**
 * Two contractions of one left operand become one kernel with two right operands, where both have as many
 * columns: gate and up of a gated layer, keys and values. What the one stored and the other read at the
 * same element is never stored.
 */
export function mergeContractions(
  program: KernelProgram,
  { maxTensors, ofManyRows }: MergeOptions,
): KernelProgram {
  const kernels = [...program.kernels];
  const reads = rememberedReads();
  for (let second = 1; second < kernels.length; second++) {
    for (let first = second - 1; first >= 0; first--) {
      const merged = tryMerge(kernels, first, second, program, reads);
      if (merged === undefined || !(ofManyRows || extentOfAll(merged.engine.rows) === 1)) continue;
      if (tensorsOfKernel(merged).length > maxTensors) continue;
      kernels[second] = merged;
      kernels.splice(first, 1);
      second--;
      break;
    }
  }
  return { ...program, kernels };
}

function tryMerge(
  kernels: readonly Kernel[],
  first: number,
  second: number,
  { tensors }: KernelProgram,
  reads: (kernel: Kernel) => readonly number[],
): Contract | undefined {
  const [one, two] = [kernels[first], kernels[second]];
  if (one === undefined || two === undefined || !isPlain(one) || !isPlain(two)) return undefined;
  const moved = onLoopsOf(one, two);
  if (moved === undefined || !hasSameLeft(moved.engine, two.engine)) return undefined;
  // The merged kernel stands where the second stood: nothing before that may need what the first makes.
  const made = new Set(writesOf(one));
  const isNeeded = kernels
    .slice(first + 1, second)
    .some((kernel) => reads(kernel).some((tensor) => made.has(tensor)));
  if (isNeeded) return undefined;
  const engine = { ...two.engine, right: moved.engine.right, others: [two.engine.right] };
  const stores = two.stores.map((store) => withoutLoads(shifted(store), moved.stores));
  const isRead = (tensor: number): boolean =>
    tensors[tensor]?.role !== "intermediate" ||
    kernels.some((kernel) => kernel !== two && reads(kernel).includes(tensor));
  const kept = moved.stores.map(shiftedStatistics).filter((store) => isRead(store.tensor));
  const merged = { ...two, engine, stores: [...kept, ...stores] };
  // What is left of the first in the second was read at another element.
  if (readsOf(merged).some((tensor) => made.has(tensor))) return undefined;
  return {
    ...merged,
    name: `${one.name}-${two.name.replace(/^contract-?/, "")}`,
    holds: [...one.holds, ...two.holds.slice(sharedHolds(one.holds, two.holds))],
    places: uniquePlaces([...one.places, ...two.places]),
  };
}

/** Of what stands before both products, how many operations are the same: those are computed once. */
function sharedHolds(one: readonly string[], two: readonly string[]): number {
  const differs = two.findIndex((operation, n) => operation !== one[n]);
  const common = differs < 0 ? two : two.slice(0, differs);
  const product = common.findLastIndex((operation) => operation.startsWith("sum{"));
  return Math.max(0, product);
}

/** The product of the second is now number 1, and its statistics come after it. */
function shifted(store: Store): Store {
  return renumbered(store, (reduction) => reduction + 1);
}

function shiftedStatistics(store: Store): Store {
  return renumbered(store, (reduction) => (reduction === 0 ? 0 : reduction + 1));
}

function renumbered(store: Store, number: (reduction: number) => number): Store {
  const rewrite = makeRewriter((leaf) =>
    leaf.kind === "reduced" ? { ...leaf, reduction: number(leaf.reduction) } : undefined,
  );
  return { ...store, value: rewrite(store.value) };
}

/** Puts what the first stores in the place of its loads, where they are at the element that is at hand. */
function withoutLoads(store: Store, made: readonly Store[]): Store {
  const replacements = new Map(made.map((own) => [own.tensor, shiftedStatistics(own)]));
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind !== "load") return undefined;
    const own = replacements.get(leaf.tensor);
    const isHere = own?.at.every((at, n) => isSameExpr(at, leaf.at[n] ?? at));
    return isHere === true ? own?.value : undefined;
  });
  return { ...store, value: rewrite(store.value) };
}

/** The kernel over the loops of another, where the extents agree. */
function onLoopsOf(one: Contract, two: Contract): Contract | undefined {
  const axes = new Map<number, Expr>();
  for (const part of ["batch", "rows", "columns", "inner"] as const) {
    const [own, target] = [wide(one.engine[part]), wide(two.engine[part])];
    const isSame = own.length === target.length;
    if (!isSame || own.some(({ extent }, n) => extent !== target[n]?.extent)) return undefined;
    own.forEach(({ id, extent }, n) => {
      axes.set(id, axisIndex(target[n]?.id ?? id, extent));
    });
  }
  const rewrite = makeRewriter((leaf) => (leaf.kind === "axis" ? axes.get(leaf.axis) : undefined));
  const engine = rewriteEngine(one.engine, rewrite);
  if (engine.kind !== "contract") return undefined;
  const stores = one.stores.map((store) => rewriteStore(store, rewrite));
  return { ...one, engine, stores };
}

function hasSameLeft(one: Contract["engine"], two: Contract["engine"]): boolean {
  const [own, other] = [one.statistics ?? [], two.statistics ?? []];
  return (
    isSameExpr(one.left, two.left) &&
    own.length === other.length &&
    own.every(({ combine, value }, n) => {
      const match = other[n];
      return match?.combine === combine && isSameExpr(value, match.value);
    }) &&
    nodesOf([one.left]).some(({ kind }) => kind === "load")
  );
}

function wide(axes: readonly LoopAxis[]): readonly LoopAxis[] {
  return axes.filter(({ extent }) => extent > 1);
}

/** A contraction with one right operand: more than two would leave few registers for rows. */
function isPlain(kernel: Kernel): kernel is Contract {
  return kernel.engine.kind === "contract" && rightsOf(kernel.engine).length === 1;
}
