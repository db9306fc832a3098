import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { type Load, makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import {
  type ReadsOf,
  readsOf,
  tensorsOfKernel,
  writesOf,
} from "../../ir/kernel/kernel-tensors.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { readsThroughSlabs } from "../../ir/kernel/slab-tensors.ts";
import type { KernelPass, KernelPassContext } from "../kernel-program/kernel-pass.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";

type MapKernel = Kernel<"map">;
type Limits = Pick<KernelPassContext, "maxTensors" | "readsOf">;

/**
 * A map of what a contraction stores, element for element, becomes one more result of the contraction: an
 * activation whose operand is needed again by its gradient. What the map would have loaded is at hand.
 */
export const joinMaps: KernelPass = {
  name: "join-maps",
  summary: "let contractions store what maps make of their elements",
  run: joinAll,
};

function joinAll(program: KernelProgram, { maxTensors, readsOf: reads }: Limits): KernelProgram {
  const through = readsThroughSlabs(program.tensors, reads);
  const kernels: (Kernel | undefined)[] = [...program.kernels];
  const makers = new Map<number, number>();
  kernels.forEach((kernel, place) => {
    for (const tensor of kernel === undefined ? [] : writesOf(kernel)) makers.set(tensor, place);
  });
  kernels.forEach((map, place) => {
    if (map === undefined || !isEngine(map, "map") || !isPlain(map, program)) return;
    const candidates = new Set(reads(map).map((tensor) => makers.get(tensor)));
    for (const at of candidates) {
      const maker = at === undefined ? undefined : kernels[at];
      if (at === undefined || maker === undefined || !isEngine(maker, "contract")) continue;
      const both = joined(map, maker);
      if (both === undefined || tensorsOfKernel(both).length > maxTensors) continue;
      // It moves up: nothing on the way may make what it reads.
      const needed = new Set(through(both));
      const passed = kernels.slice(at, place);
      if (passed.some((kernel) => kernel && writesOf(kernel).some((made) => needed.has(made))))
        continue;
      kernels[at] = both;
      kernels[place] = undefined;
      for (const tensor of writesOf(map)) makers.set(tensor, at);
      return;
    }
  });
  const left = kernels.filter((kernel) => kernel !== undefined);
  return left.length === kernels.length
    ? program
    : withoutUnread({ ...program, kernels: left }, reads);
}

/** What it stores lies between kernels, or goes outside. */
function isPlain({ stores }: MapKernel, { tensors }: KernelProgram): boolean {
  return stores.every(({ tensor, partial, when }) => {
    const role = tensors[tensor]?.role;
    return (role === "intermediate" || role === "output") && !partial && when === undefined;
  });
}

/** The contraction with the stores of the map; `undefined` where the map reads other elements of it. */
function joined(map: MapKernel, maker: Kernel<"contract">): Kernel | undefined {
  for (const store of maker.stores.filter(({ perRow }) => perRow !== true)) {
    const axes = axesAt(map, store);
    if (axes === undefined) continue;
    const isHere = ({ tensor, at }: Load, own: Store): boolean =>
      tensor === own.tensor && at.every((position, n) => isSameExpr(position, own.at[n] as Expr));
    const place = makeRewriter((leaf) => {
      if (leaf.kind === "axis") return axes.get(leaf.axis);
      if (leaf.kind !== "load") return undefined;
      return maker.stores.find((own) => isHere(leaf, own))?.value;
    });
    const both: Kernel = {
      ...maker,
      stores: [...maker.stores, ...map.stores.map((own) => rewriteStore(own, place))],
      holds: [...maker.holds, ...map.holds],
      places: uniquePlaces([...maker.places, ...map.places]),
    };
    const made = new Set(writesOf(maker));
    // What is left of it was read at another element.
    if (!readsOf(both).some((tensor) => made.has(tensor))) return both;
  }
  return undefined;
}

/** Where the loops of the map stand at the element that `store` writes, if it reads one element for one. */
function axesAt(map: MapKernel, store: Store): ReadonlyMap<number, Expr> | undefined {
  const loads: Load[] = [];
  const find = makeRewriter((leaf) => {
    if (leaf.kind === "load" && leaf.tensor === store.tensor) loads.push(leaf);
    return undefined;
  });
  for (const { value } of map.stores) find(value);
  const [load] = loads;
  if (load === undefined) return undefined;
  const wide = map.engine.grid.filter(({ extent }) => extent !== 1);
  const axes = new Map<number, Expr>();
  load.at.forEach((position, n) => {
    const own = store.at[n];
    if (position.kind === "axis" && own !== undefined && isWhole(position, own, wide))
      axes.set(position.axis, own);
  });
  return axes.size === wide.length ? axes : undefined;
}

/** One loop of the map and one loop of the contraction, from end to end. */
function isWhole(
  position: Extract<Expr, { kind: "axis" }>,
  own: Expr,
  grid: readonly LoopAxis[],
): boolean {
  const loop = grid.find(({ id }) => id === position.axis);
  return own.kind === "axis" && own.extent === loop?.extent;
}

/** Leaves out what a contraction stored for the map alone. */
function withoutUnread(program: KernelProgram, reads: ReadsOf): KernelProgram {
  const read = new Set(program.kernels.flatMap(reads));
  const kernels = program.kernels.map((kernel): Kernel => {
    if (!isEngine(kernel, "contract")) return kernel;
    const stores = kernel.stores.filter(
      ({ tensor }) => program.tensors[tensor]?.role !== "intermediate" || read.has(tensor),
    );
    return stores.length === kernel.stores.length ? kernel : { ...kernel, stores };
  });
  return { ...program, kernels };
}
