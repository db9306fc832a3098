import { axisIndex, intConstant } from "../../ir/expr/expr.ts";
import { costOf, nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, tensorsOfKernel, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Statistic } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import type { KernelPass, KernelPassContext } from "../kernel-program/kernel-pass.ts";
import { readsBeforeOf } from "../kernel-program/reads-before.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";

type Row = Kernel<"row">;
type Contract = Kernel<"contract">;

const numbers = {
  /** A product is turned round, or adds up what it does not read anyway, only where it has so many columns. */
  columns: 32,
  /** How many kernels further: what is added up there is kept until then. */
  reach: 12,
};

/**
 * Sums along the axes that a contraction sums over become statistics of its rows, which it stores once per row.
 * The gradient of a bias adds up what the gradient of the weight multiplies, those of a norm walk elements beside
 * it: no dispatch of their own. Sums of what lies along the columns turn the product round, of which rows and
 * columns then change places.
 *
 * Runs where every kernel has the size that it stays at: what is stored once per row does not let columns be cut.
 */
export const fuseColumnSums: KernelPass = {
  name: "fuse-column-sums",
  summary: "add up columns in contractions that sum along them",
  run: fuseAll,
};

/** Those come first that add up what a contraction reads anyway. */
function fuseAll(
  program: KernelProgram,
  { profile, readsOf }: Pick<KernelPassContext, "profile" | "readsOf">,
): KernelProgram {
  const maxTensors = profile.maxStorageBuffersPerShaderStage;
  const reads = readsThroughSlabs(program.tensors, readsOf);
  const kernels: (Kernel | undefined)[] = [...program.kernels];
  for (const isOwn of [true, false]) {
    // From the end on: there are fewer contractions around the last sums than around others.
    for (let place = kernels.length - 1; place >= 0; place--) {
      const row = kernels[place];
      if (row === undefined || !isEngine(row, "row") || !isOfRows(row)) continue;
      for (const at of placesAround(place, kernels.length)) {
        const contract = kernels[at];
        if (contract === undefined || !isEngine(contract, "contract")) continue;
        const both = join(row, contract, isOwn);
        if (both === undefined || tensorsOfKernel(both).length > maxTensors) continue;
        if (!mayMove(kernels, place, at, reads)) continue;
        kernels[at] = both;
        kernels[place] = undefined;
        break;
      }
    }
  }
  const left = kernels.filter((kernel) => kernel !== undefined);
  return left.length === kernels.length ? program : { ...program, kernels: left };
}

/** The nearest first. */
function placesAround(place: number, count: number): readonly number[] {
  const distances = Array.from({ length: numbers.reach }, (_, n) => n + 1);
  const places = distances.flatMap((distance) => [place + distance, place - distance]);
  return places.filter((at) => at >= 0 && at < count);
}

/** Sums of elements, of which nothing but the sums is stored. */
function isOfRows({ engine: { reductions }, stores }: Row): boolean {
  return (
    stores.every(({ perRow }) => perRow === true) &&
    reductions.every(({ combine, type, value }) => {
      const isPlain = nodesOf([value]).every(({ kind }) => kind !== "reduced");
      return combine === "sum" && type === "f32" && isPlain && costOf(value).transcendentals === 0;
    })
  );
}

/** The contraction that adds up its rows too, or its columns where it is turned round. */
function join(row: Row, contract: Contract, isOwn: boolean): Contract | undefined {
  const { step = 0 } = contract;
  if (step !== (row.step ?? 0) || extentOfAll(contract.engine.batch) !== 1) return undefined;
  const turned = turnedRound(contract);
  return withSums(row, contract, isOwn) ?? (turned && withSums(row, turned, isOwn));
}

function turnedRound(contract: Contract): Contract | undefined {
  const { engine } = contract;
  const { rows, columns, left, right, others, statistics } = engine;
  const [before, after] = [extentOfAll(columns), extentOfAll(rows)];
  if (others !== undefined || statistics !== undefined) return undefined;
  if (after < Math.min(before, numbers.columns)) return undefined;
  const turned = { ...engine, rows: columns, columns: rows, left: right, right: left };
  return { ...contract, engine: turned };
}

/** `isOwn`: it adds up nothing but what it reads anyway. */
function withSums(row: Row, contract: Contract, isOwn: boolean): Contract | undefined {
  const { engine } = contract;
  const axes = new Map<number, Expr>();
  const isOver =
    isOnto(row.engine.grid, engine.rows, axes) && isOnto(row.engine.lanes, engine.inner, axes);
  if (!isOver) return undefined;
  const { statistics = [] } = engine;
  const first = rightsOf(engine).length + statistics.length;
  const place = makeRewriter((leaf) => {
    if (leaf.kind === "axis") return axes.get(leaf.axis);
    if (leaf.kind !== "reduced") return undefined;
    return { ...leaf, reduction: leaf.reduction + first };
  });
  const sums = row.engine.reductions.map(
    ({ value, type }): Statistic => ({ combine: "sum", value: place(value), type }),
  );
  const known = loadsIn([engine.left]);
  const isRead = loadsIn(sums.map(({ value }) => value)).every((load) =>
    known.some((other) => isSameExpr(load, other)),
  );
  if (isOwn ? !isRead : extentOfAll(engine.columns) < numbers.columns) return undefined;
  return {
    ...contract,
    engine: { ...engine, statistics: [...statistics, ...sums] },
    stores: [...contract.stores, ...row.stores.map((store) => rewriteStore(store, place))],
    holds: [...contract.holds, ...row.holds],
    places: uniquePlaces([...contract.places, ...row.places]),
    ...readsBeforeOf(contract, row),
  };
}

/** Puts the loops of some axes in the place of others, where their extents agree. */
function isOnto(
  from: readonly LoopAxis[],
  onto: readonly LoopAxis[],
  axes: Map<number, Expr>,
): boolean {
  const [own, target] = [from, onto].map((loops) => loops.filter(({ extent }) => extent !== 1));
  if (own === undefined || target === undefined || own.length !== target.length) return false;
  for (const { id } of from) axes.set(id, intConstant(0));
  own.forEach(({ id, extent }, n) => {
    axes.set(id, axisIndex(target[n]?.id ?? id, extent));
  });
  return own.every(({ extent }, n) => extent === target[n]?.extent);
}

/** May the sums stand where the contraction stands? Nothing up to there makes what they read, or reads them. */
function mayMove(
  kernels: readonly (Kernel | undefined)[],
  from: number,
  to: number,
  reads: ReadsOf,
): boolean {
  const row = kernels[from] as Kernel;
  const [read, made] = [new Set(reads(row)), new Set(writesOf(row))];
  const passed = from < to ? kernels.slice(from + 1, to + 1) : kernels.slice(to, from);
  return passed.every(
    (kernel) =>
      kernel === undefined ||
      (!writesOf(kernel).some((tensor) => read.has(tensor) || made.has(tensor)) &&
        !reads(kernel).some((tensor) => made.has(tensor))),
  );
}

function loadsIn(exprs: readonly Expr[]): readonly Expr[] {
  return nodesOf(exprs).filter(({ kind }) => kind === "load");
}
