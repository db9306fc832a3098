import type { PositionId } from "../../ir/axis-ids.ts";
import { axisIndex, call, intConstant } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { integerFormOf } from "../../ir/expr/integer-form.ts";
import { type Load, makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, tensorsOfKernel, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { extentOfAll, partsOfKernel } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";
import { type Halved, inHalves } from "./in-halves.ts";

interface FoldOptions {
  readonly maxTensors: number;
  /**
   * Contractions of many rows too, which then have a second product in registers. Those of one row wait for
   * their weights whatever they compute.
   */
  readonly ofContractions: boolean;
}

/**
 * Lets the kernel that makes queries or keys rotate them, and store keys where the cache has them. A
 * rotation reads two elements, half a head apart: the kernel computes both at once, over half as many
 * columns, so that each weight is still read once, and nothing is stored in between.
 */
export const fuseRotary: KernelPass = {
  name: "fuse-rotary",
  summary: "rotate queries and keys in the kernels that make them",
  run: (program, { maxTensors, profile, readsOf }) =>
    foldAll(program, { maxTensors, ofContractions: !profile.isSoftware }, readsOf),
};

function foldAll(program: KernelProgram, options: FoldOptions, readsOf: ReadsOf): KernelProgram {
  const kernels = [...program.kernels];
  const reads = readsThroughSlabs(program.tensors, readsOf);
  for (let place = 0; place < kernels.length; place++) {
    const map = kernels[place];
    if (map === undefined || !isEngine(map, "map")) continue;
    const wanted = reads(map);
    for (let before = place - 1; before >= 0; before--) {
      if (!kernels[before]?.stores.some(({ tensor }) => wanted.includes(tensor))) continue;
      const folded = fold(kernels, before, place, program, options, reads);
      if (folded === undefined) continue;
      kernels[place] = folded;
      kernels.splice(before, 1);
      place--;
      break;
    }
  }
  return { ...program, kernels };
}

function fold(
  kernels: readonly Kernel[],
  first: number,
  second: number,
  { tensors }: KernelProgram,
  { maxTensors, ofContractions }: FoldOptions,
  readsOf: ReadsOf,
): Kernel | undefined {
  const [maker, map] = [kernels[first], kernels[second]];
  if (maker === undefined || map === undefined) return undefined;
  const mayFold =
    isEngine(maker, "row") ||
    (isEngine(maker, "contract") && (ofContractions || extentOfAll(maker.engine.rows) === 1));
  if (!mayFold) return undefined;
  const reads = readsOf(map);
  // The folded kernel stands where the map stood: nothing before that may need what it makes.
  const made = writesOf(maker);
  const between = kernels.slice(first + 1, second);
  const isNeeded = between.some((kernel) => readsOf(kernel).some((read) => made.includes(read)));
  if (isNeeded) return undefined;
  for (const store of maker.stores) {
    const tensor = tensors[store.tensor];
    if (tensor?.role !== "intermediate" || !reads.includes(tensor.id)) continue;
    for (const [dimension, extent] of tensor.shape.entries()) {
      const both = halvesOf(maker, store, dimension, extent);
      if (both === undefined) continue;
      const target = { store, dimension, axis: both.axis, half: extent / 2 };
      const stores = storesAt(map, target, tensor.shape, both.valueAt);
      if (stores === undefined) continue;
      const isRead = kernels.some((other) => other !== map && readsOf(other).includes(tensor.id));
      const kept = both.kernel.stores.filter((own) => isRead || own.tensor !== tensor.id);
      const folded: Kernel = {
        ...both.kernel,
        stores: [...kept, ...stores.map((own) => (store.perRow ? { ...own, perRow: true } : own))],
        holds: [...maker.holds, ...map.holds],
        places: uniquePlaces([...maker.places, ...map.places]),
      };
      if (tensorsOfKernel(folded).length <= maxTensors) return folded;
    }
  }
  return undefined;
}

/**
 * The maker over half of one dimension of what it stores, with the values of both halves at a point; as it
 * is where it does so already.
 */
function halvesOf(
  maker: Kernel,
  store: Store,
  dimension: number,
  extent: number,
): (Pick<Halved, "kernel"> & HalvedStore) | undefined {
  const position = store.at[dimension];
  const own = maker.stores.filter(({ tensor }) => tensor === store.tensor);
  if (position?.kind !== "axis") return undefined;
  const { axis } = position;
  if (own.length === 1 && position.extent === extent) {
    const both = inHalves(maker, position);
    return both && { kernel: both.kernel, axis, valueAt: (half) => both.valueAt(store, half) };
  }
  const [first, second, third] = own;
  const beyond = call("add", [position, intConstant(extent / 2)], "i32");
  const isOther =
    second?.at.every((at, n) => {
      return isSameExpr(at, n === dimension ? beyond : (store.at[n] ?? at));
    }) === true;
  if (first !== store || !isOther || third !== undefined || 2 * position.extent !== extent)
    return undefined;
  return { kernel: maker, axis, valueAt: (half) => (half === 0 ? first : second).value };
}

interface HalvedStore {
  readonly axis: PositionId;
  readonly valueAt: (half: number) => Expr;
}

interface Target {
  /** What the map reads, and along which dimension in halves. */
  readonly store: Store;
  readonly dimension: number;
  /** The loop of the maker that runs over one half now. */
  readonly axis: PositionId;
  readonly half: number;
}

/** The stores of the map at one point of the maker's loops; `undefined` where they need other points. */
function storesAt(
  map: Kernel,
  target: Target,
  shape: readonly number[],
  valueAt: (half: number) => Expr,
): readonly Store[] | undefined {
  const loads = loadsOf(map).filter(({ tensor }) => tensor === target.store.tensor);
  const [load] = loads;
  const bound = load && bindAxes(load, target, shape);
  if (!isEngine(map, "map") || bound === undefined) return undefined;
  const open = map.engine.grid.filter(({ id, extent }) => extent > 1 && !bound.has(id));
  const points = pointsOf(open);
  if (points.length > mostPoints) return undefined;
  const own = axisIndex(target.axis, target.half);
  const halves = bound.get(halfKey) === undefined ? [0] : [0, 1];
  let isElsewhere = false;
  const stores = points.flatMap((point) =>
    halves.flatMap((half) => {
      const moved = call("add", [own, intConstant(half * target.half)], "i32");
      const rewrite = makeRewriter((leaf) => {
        if (leaf.kind === "axis") {
          const position = point.get(leaf.axis) ?? bound.get(leaf.axis);
          return position === wholeAxis ? moved : position;
        }
        if (leaf.kind !== "load" || leaf.tensor !== target.store.tensor) return undefined;
        const place = halfOf(leaf, target, own);
        if (place !== undefined) return valueAt(place);
        isElsewhere = true;
        return undefined;
      });
      return map.stores.map((store) => rewriteStore(store, rewrite));
    }),
  );
  return isElsewhere ? undefined : stores;
}

/** Points of the map that one point of the maker may stand for: the two sides of a rotation. */
const mostPoints = 2;
/** Stands for a loop of the map over both halves. */
const wholeAxis: Expr = intConstant(-1);
const halfKey = Number.NaN;

/** The loops of the map by those of the maker, as one load of what the maker stores tells. */
function bindAxes(
  { at }: Load,
  { store, dimension, axis, half }: Target,
  shape: readonly number[],
): ReadonlyMap<number, Expr> | undefined {
  const bound = new Map<number, Expr>();
  for (const [n, position] of at.entries()) {
    if (n === dimension) continue;
    if (position.kind === "constant" && position.value === 0 && shape[n] === 1) continue;
    const own = store.at[n];
    const isWhole = position.kind === "axis" && position.extent === shape[n];
    if (!isWhole || own === undefined || bound.has(position.axis)) return undefined;
    bound.set(position.axis, own);
  }
  const [term, ...others] = integerFormOf(at[dimension] ?? intConstant(0)).terms;
  if (term?.coefficient !== 1 || others.length > 0) return undefined;
  const { atom } = term;
  if (atom.kind === "axis" && atom.extent === half && !bound.has(atom.axis))
    return bound.set(atom.axis, axisIndex(axis, half));
  const [whole, by] = atom.kind === "call" && atom.fn === "mod" ? atom.args : [];
  const isHalved = by?.kind === "constant" && by.value === half;
  if (whole?.kind !== "axis" || !isHalved || whole.extent !== 2 * half || bound.has(whole.axis))
    return undefined;
  return bound.set(whole.axis, wholeAxis).set(halfKey, wholeAxis);
}

/** Which half of the maker's element a load reads, 0 or 1, at the maker's own point. */
function halfOf({ at }: Load, { store, dimension, half }: Target, own: Expr): number | undefined {
  const isHere = at.every((position, n) => {
    return n === dimension || isSameExpr(position, store.at[n] as Expr);
  });
  if (!isHere) return undefined;
  const position = at[dimension] ?? intConstant(0);
  return [0, 1].find((n) => isSameExpr(position, call("add", [own, intConstant(n * half)], "i32")));
}

function pointsOf(axes: readonly LoopAxis[]): readonly ReadonlyMap<number, Expr>[] {
  return axes.reduce<readonly ReadonlyMap<number, Expr>[]>(
    (points, { id, extent }) =>
      points.flatMap((point) =>
        Array.from({ length: extent }, (_, n) => new Map([...point, [id, intConstant(n)]])),
      ),
    [new Map()],
  );
}

function loadsOf(kernel: Kernel): readonly Load[] {
  return nodesOf(partsOfKernel(kernel).map(({ expr }) => expr)).filter(
    (node) => node.kind === "load",
  );
}
