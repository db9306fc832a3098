import { nodesOf } from "../../ir/expr/expr-cost.ts";
import { invertPositions } from "../../ir/expr/index-digits.ts";
import { type Load, makeRewriter, mapLoads } from "../../ir/expr/rewrite-expr.ts";
import type { StorageType } from "../../ir/expr/scalar-types.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { isFixed, tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { hasUpdates } from "../../ir/kernel/loop-axes.ts";
import type { Store } from "../../ir/kernel/loops.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";
import { factorOut } from "./factor-out.ts";

interface PreScaled {
  /** The kernel that makes the rows, before and after. */
  readonly maker: readonly [Kernel, Kernel];
  readonly storage: StorageType;
}

/**
 * Lets the kernel that makes the rows of a norm store them times the weight of the norm too, where the
 * norm would have stored its result. `undefined` where the rows are an input, or made in several places.
 */
export function preScale(
  store: Store,
  { engine: { grid, lanes }, places }: Kernel<"row">,
  { kernels, tensors }: KernelProgram,
  maxTensors: number,
): PreScaled | undefined {
  const { rest } = factorOut(store.value, (part) =>
    nodesOf([part]).some(({ kind }) => kind === "reduced"),
  );
  const loads = nodesOf(rest === undefined ? [] : [rest]).filter(
    (node): node is Load => node.kind === "load" && !isFixed(tensors[node.tensor]),
  );
  const [load] = loads;
  if (rest === undefined || load === undefined || loads.length > 1) return undefined;
  const makers = kernels.filter((kernel) =>
    kernel.stores.some(({ tensor }) => tensor === load.tensor),
  );
  const [maker] = makers;
  if (maker === undefined || makers.length > 1 || hasUpdates(maker)) return undefined;
  const [made, ...others] = maker.stores.filter(({ tensor }) => tensor === load.tensor);
  if (made === undefined || others.length > 0 || made.perRow === true) return undefined;
  const axes = [...grid, ...lanes].map(({ id, extent }) => ({ axis: id, extent }));
  const positions = invertPositions(load.at, tensors[load.tensor]?.shape ?? [], axes, made.at);
  if (positions === undefined) return undefined;
  const place = makeRewriter((leaf) =>
    leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
  );
  const value = mapLoads(place(rest), (other) =>
    other.tensor === load.tensor ? made.value : other,
  );
  const preScaled: Kernel = {
    ...maker,
    stores: [...maker.stores, { tensor: store.tensor, at: store.at.map(place), value }],
    holds: [...maker.holds, "mul"],
    places: uniquePlaces([...maker.places, ...places]),
  };
  if (tensorsOfKernel(preScaled).length > maxTensors) return undefined;
  // The norm would have kept its result small: what is only pre-scaled may be too large for 16 bits.
  return { maker: [maker, preScaled], storage: "f32" };
}
