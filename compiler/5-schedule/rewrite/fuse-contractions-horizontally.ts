import { invariant } from "../../diagnostics/internal-error.ts";
import { axisIndex } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import {
  loadedTensors,
  type ReadsOf,
  readsOf,
  remembered,
  tensorsOfKernel,
  writesOf,
} from "../../ir/kernel/kernel-tensors.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";
import { inHalves } from "./in-halves.ts";

type Contract = Kernel<"contract">;

interface FusionLimits {
  readonly maxTensors: number;
  /** Contractions of many rows too, whose registers hold fewer rows then. */
  readonly ofManyRows: boolean;
}

/** Products of one row in one kernel: rotated queries and keys are two each, values in halves two more. */
const mostProducts = 6;

/**
 * Two contractions of one left operand become one kernel with two right operands, where both have as many
 * columns: gate and up of a gated layer, keys and values. What the one stored and the other read at the
 * same element is never stored. Those of one row, which wait for their weights, go on to be merged: queries,
 * keys and values of one token are one kernel. One with twice as many columns then computes its halves.
 */
export const fuseContractionsHorizontally: KernelPass = {
  name: "fuse-contractions-horizontally",
  summary: "make one kernel of contractions with the same left operand",
  run: (program, { maxTensors, profile, readsOf: reads }) =>
    fuseAll(program, { maxTensors, ofManyRows: !profile.isSoftware }, reads),
};

function fuseAll(
  program: KernelProgram,
  { maxTensors, ofManyRows }: FusionLimits,
  readsBy: ReadsOf,
): KernelProgram {
  const kernels = [...program.kernels];
  const reads = readsThroughSlabs(program.tensors, readsBy);
  const known = remembered(leftReadsOf);
  const leftReads = (place: number) => {
    const kernel = kernels[place];
    return kernel && known(kernel);
  };
  for (let second = 1; second < kernels.length; second++) {
    const left = leftReads(second);
    for (let first = second - 1; first >= 0 && left !== undefined; first--) {
      const isOneLeft = leftReads(first) === left;
      const merged = isOneLeft ? tryMerge(kernels, first, second, program, reads) : undefined;
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

/**
 * The tensors of a contraction's left operand, in the order of their numbers: other loops do not change
 * them, and most pairs of contractions differ in them. A program has as many pairs as kernels squared.
 */
function leftReadsOf(kernel: Kernel): string | undefined {
  if (!isContract(kernel)) return undefined;
  return loadedTensors([kernel.engine.left])
    .toSorted((a, b) => a - b)
    .join();
}

function tryMerge(
  kernels: readonly Kernel[],
  first: number,
  second: number,
  { tensors }: KernelProgram,
  reads: ReadsOf,
): Contract | undefined {
  const [one, two] = [kernels[first], kernels[second]];
  if (!isContract(one) || !isContract(two)) return undefined;
  const pair = mayMerge(one, two) ? onSameColumns(one, two) : undefined;
  if (pair === undefined) return undefined;
  const [moved, other] = pair;
  // The merged kernel stands where the second stood: nothing before that may need what the first makes.
  const made = new Set(writesOf(one));
  const isNeeded = kernels
    .slice(first + 1, second)
    .some((kernel) => reads(kernel).some((tensor) => made.has(tensor)));
  if (isNeeded) return undefined;
  // By their weights, whichever kernel stands first: equal layers then become equal kernels.
  const isFirst = weightOf(moved) < weightOf(other);
  const [rights, otherRights] = [rightsOf(moved.engine), rightsOf(other.engine)];
  const [right, ...others] = isFirst ? [...rights, ...otherRights] : [...otherRights, ...rights];
  invariant(right !== undefined, "a contraction without a right operand");
  const engine = { ...other.engine, right, others };
  const own = moved.stores.map((store) =>
    renumbered(store, rights.length, isFirst ? 0 : otherRights.length, otherRights.length),
  );
  const stores = other.stores.map((store) =>
    withoutLoads(
      renumbered(store, otherRights.length, isFirst ? rights.length : 0, rights.length),
      own,
    ),
  );
  const isRead = (tensor: number): boolean =>
    tensors[tensor]?.role !== "intermediate" ||
    kernels.some((kernel) => kernel !== two && reads(kernel).includes(tensor));
  const kept = own.filter((store) => isRead(store.tensor));
  const merged = {
    ...other,
    engine,
    stores: isFirst ? [...kept, ...stores] : [...stores, ...kept],
  };
  // What is left of the first in the second was read at another element.
  if (readsOf(merged).some((tensor) => made.has(tensor))) return undefined;
  const [a, z] = isFirst ? [one, two] : [two, one];
  return {
    ...merged,
    name: `${a.name}-${z.name.replace(/^contract-?/, "")}`,
    holds: [...a.holds, ...z.holds.slice(sharedHolds(a.holds, z.holds))],
    places: uniquePlaces([...a.places, ...z.places]),
  };
}

/** The first of the tensors that the right operands read. */
function weightOf({ engine }: Contract): number {
  return Math.min(...loadedTensors(rightsOf(engine)));
}

/** Of what stands before both products, how many operations are the same: those are computed once. */
function sharedHolds(one: readonly string[], two: readonly string[]): number {
  const differs = two.findIndex((operation, n) => operation !== one[n]);
  const common = differs < 0 ? two : two.slice(0, differs);
  const product = common.findLastIndex((operation) => operation.startsWith("sum{"));
  return Math.max(0, product);
}

/** Products come first and statistics after them: those move by the number of the other's products. */
function renumbered(store: Store, products: number, by: number, statisticsBy: number): Store {
  const rewrite = makeRewriter((leaf) =>
    leaf.kind === "reduced"
      ? { ...leaf, reduction: leaf.reduction + (leaf.reduction < products ? by : statisticsBy) }
      : undefined,
  );
  return { ...store, value: rewrite(store.value) };
}

/** Puts what the first stores in the place of its loads, where they are at the element that is at hand. */
function withoutLoads(store: Store, made: readonly Store[]): Store {
  const replacements = new Map(made.map((own) => [own.tensor, own]));
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind !== "load") return undefined;
    const own = replacements.get(leaf.tensor);
    const isHere = own?.at.every((at, n) => isSameExpr(at, leaf.at[n] ?? at));
    return isHere === true ? own?.value : undefined;
  });
  return { ...store, value: rewrite(store.value) };
}

/** Both over the same loops, the first over those of the second; one of them in halves where that helps. */
function onSameColumns(one: Contract, two: Contract): readonly [Contract, Contract] | undefined {
  const moved = onLoopsOf(one, two);
  if (moved !== undefined) return hasSameLeft(moved.engine, two.engine) ? [moved, two] : undefined;
  if (extentOfAll(two.engine.rows) !== 1) return undefined;
  const [ones, twos] = [wide(one.engine.columns), wide(two.engine.columns)];
  const place = ones.findIndex(({ extent }, n) => extent !== twos[n]?.extent);
  const [own, other] = [ones[place], twos[place]];
  if (own === undefined || other === undefined) return undefined;
  const half = own.extent > other.extent ? inHalvesOf(one, own) : inHalvesOf(two, other);
  if (half === undefined) return undefined;
  const pair = own.extent > other.extent ? ([half, two] as const) : ([one, half] as const);
  const isOver = Math.max(own.extent, other.extent) !== 2 * Math.min(own.extent, other.extent);
  return isOver ? undefined : onSameColumns(...pair);
}

function inHalvesOf(kernel: Contract, { id, extent }: LoopAxis): Contract | undefined {
  const half = inHalves(kernel, { axis: id, extent })?.kernel;
  return isContract(half) ? half : undefined;
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
  const stores = one.stores.map((store) => rewriteStore(store, rewrite));
  const renamed: Kernel = { ...one, engine, stores };
  return isContract(renamed) ? renamed : undefined;
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

/** Many rows leave registers for two products of four columns, one row for more. */
function mayMerge({ engine }: Contract, { engine: other }: Contract): boolean {
  const most = extentOfAll(engine.rows) === 1 ? mostProducts : 2;
  return rightsOf(engine).length + rightsOf(other).length <= most;
}

function isContract(kernel: Kernel | undefined): kernel is Contract {
  return kernel !== undefined && isEngine(kernel, "contract");
}
