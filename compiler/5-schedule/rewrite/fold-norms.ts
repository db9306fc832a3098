import type { PositionId } from "../../ir/axis-ids.ts";
import { call } from "../../ir/expr/expr.ts";
import { costOf, nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { coversOnce, invertPositions } from "../../ir/expr/index-digits.ts";
import { type Load, makeRewriter, mapLoads } from "../../ir/expr/rewrite-expr.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { isFixed, type ReadsOf, readsOf, tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Statistic, Store } from "../../ir/kernel/loops.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { uniquePlaces } from "../kernel-program/unique-places.ts";
import { factorOut } from "./factor-out.ts";
import { preScale } from "./pre-scale.ts";

type Row = Kernel<"row">;
type Contract = Kernel<"contract">;

interface FoldOptions {
  /** How many tensors one kernel may read and write. */
  readonly maxTensors: number;
  /**
   * Is memory as fast as arithmetic? Then the kernel that makes the rows also stores them times the
   * weight of the norm, so that no contraction has to repeat that for each tile of columns.
   */
  readonly preScales: boolean;
}

/**
 * Moves norms into the contractions that read them: sum(x * factor * weight) is factor * sum(x * weight)
 * where the factor is the same along the summed axes. The contraction then reads what the norm reads,
 * measures the row on the way, and its result is multiplied by the factor. A norm of which something has
 * to be subtracted first, or that anything but contractions reads, stays a kernel.
 */
export const foldNorms: KernelPass = {
  name: "fold-norms",
  summary: "measure the rows of a norm in the contractions that read it",
  run: (program, { maxTensors, profile, readsOf: reads }) => {
    const options = { maxTensors, preScales: profile.isSoftware };
    const folding = new Folding(program, options, reads);
    program.kernels.forEach((kernel, place) => {
      if (!isRow(kernel)) return;
      for (const store of kernel.stores) folding.foldStore(store, kernel, place);
    });
    return folding.program;
  },
};

class Folding {
  readonly #program: KernelProgram;
  readonly #options: FoldOptions;
  readonly #tensors: KernelTensor[];
  /** Each at its place, until nothing is left of it. */
  readonly #kernels: (Kernel | undefined)[];
  readonly #reads: ReadsOf;
  /** The places of those that read a tensor, or did before they were rewritten. */
  readonly #readers = new Map<number, Set<number>>();

  constructor(program: KernelProgram, options: FoldOptions, reads: ReadsOf) {
    this.#program = program;
    this.#options = options;
    this.#reads = reads;
    this.#tensors = [...program.tensors];
    this.#kernels = [...program.kernels];
    program.kernels.forEach((kernel, place) => {
      this.#put(kernel, place);
    });
  }

  get program(): KernelProgram {
    const kernels = this.#kernels.filter((kernel) => kernel !== undefined);
    return { ...this.#program, kernels, tensors: this.#tensors };
  }

  /** Moves what `source`, which stands at `place`, stores into all that read it, or leaves everything as it is. */
  foldStore(store: Store, source: Row, place: number): void {
    const tensor = this.#tensors[store.tensor];
    const row = this.#kernels[place];
    if (tensor?.role !== "intermediate" || store.perRow === true) return;
    if (row === undefined || !row.stores.includes(store)) return;
    const { maxTensors, preScales } = this.#options;
    const merged = new Map<number, Contract>();
    for (const [at, reader] of this.#readersOf(store.tensor)) {
      const both = isContract(reader) ? foldInto(store, source, reader, tensor.shape) : undefined;
      if (both === undefined || tensorsOfKernel(both).length > maxTensors) return;
      merged.set(at, both);
    }
    if (!isCheap([...merged.values()])) return;
    if (!preScales) {
      if (!pays(store, row, [...merged.values()], this.#tensors)) return;
      for (const [at, both] of merged) this.#put(both, at);
    } else {
      const { program } = this;
      const preScaled = preScale(store, source, program, maxTensors);
      if (preScaled === undefined) return;
      for (const [at, both] of merged)
        this.#put(withLeft(both, (this.#kernels[at] as Contract).engine.left), at);
      const [maker, scaled] = preScaled.maker;
      this.#put(scaled, this.#kernels.indexOf(maker));
      this.#tensors[store.tensor] = { ...tensor, storage: preScaled.storage };
    }
    const stores = row.stores.filter((other) => other !== store);
    if (stores.length === 0) this.#kernels[place] = undefined;
    else this.#put({ ...row, stores }, place);
  }

  /** In the order of the program. */
  #readersOf(tensor: number): readonly (readonly [number, Kernel])[] {
    const places = [...(this.#readers.get(tensor) ?? [])].sort((a, b) => a - b);
    return places.flatMap((place) => {
      const kernel = this.#kernels[place];
      return kernel !== undefined && this.#reads(kernel).includes(tensor)
        ? [[place, kernel] as const]
        : [];
    });
  }

  #put(kernel: Kernel, place: number): void {
    this.#kernels[place] = kernel;
    for (const tensor of this.#reads(kernel)) {
      const places = this.#readers.get(tensor);
      if (places === undefined) this.#readers.set(tensor, new Set([place]));
      else places.add(place);
    }
  }
}

/** exp and the like must not be repeated for each tile of columns. */
function isCheap(merged: readonly Contract[]): boolean {
  return merged.every(({ engine: { left, statistics = [] } }) => {
    return costOf(left, ...statistics.map(({ value }) => value)).transcendentals === 0;
  });
}

/**
 * By elements moved. The stored rows are neither written nor read; instead each contraction reads the
 * wide tensors that the norm was made of.
 */
function pays(
  store: Store,
  row: Kernel,
  merged: readonly Contract[],
  tensors: readonly KernelTensor[],
): boolean {
  const sizeOf = (tensor: number): number =>
    (tensors[tensor]?.shape ?? []).reduce((product, extent) => product * extent, 1);
  const own = sizeOf(store.tensor);
  const sources = readsOf({ ...row, stores: [store] }).filter(
    (tensor) => !isFixed(tensors[tensor]),
  );
  const read = sources.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const isDropped = row.stores.length === 1;
  const saved = own * (1 + merged.length) + (isDropped ? read : 0);
  return saved > read * merged.length;
}

/** The contraction that computes the rows of `store` itself; `undefined` where algebra forbids it. */
function foldInto(
  store: Store,
  row: Row,
  reader: Contract,
  shape: readonly number[],
): Contract | undefined {
  const { engine } = reader;
  if (engine.statistics !== undefined) return undefined;
  const isRead = (expr: Expr): boolean => loadsOf(expr, store.tensor).length > 0;
  if (rightsOf(engine).some(isRead) || reader.stores.some(({ value }) => isRead(value)))
    return undefined;
  const loads = loadsOf(engine.left, store.tensor);
  const [load] = loads;
  if (load === undefined || loads.length > 1) return undefined;
  const positions = positionsOf(load, store, row, engine, shape);
  if (positions === undefined) return undefined;
  const place = makeRewriter((leaf) =>
    leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
  );
  const rows = place(store.value);
  const whole = mapLoads(engine.left, (other) => (other === load ? rows : other));
  const { factor, rest } = factorOut(whole, (expr) => hasReduced(expr));
  if (factor === undefined || rest === undefined || hasReduced(rest)) return undefined;
  if (usesAny(factor, engine.inner)) return undefined;

  const statistics: Statistic[] = [];
  const numbers = new Map<number, number>();
  for (const node of nodesOf([factor])) {
    if (node.kind !== "reduced" || numbers.has(node.reduction)) continue;
    const reduction = row.engine.reductions[node.reduction];
    if (reduction?.combine !== "sum" || hasReduced(reduction.value)) return undefined;
    numbers.set(node.reduction, rightsOf(engine).length + statistics.length);
    statistics.push({ ...reduction, combine: "sum", value: place(reduction.value) });
  }
  const renumber = makeRewriter((leaf) =>
    leaf.kind === "reduced"
      ? { ...leaf, reduction: numbers.get(leaf.reduction) ?? leaf.reduction }
      : undefined,
  );
  const scale = renumber(factor);
  const scaled = makeRewriter((leaf) =>
    leaf.kind === "reduced" ? call("mul", [leaf, scale], "f32") : undefined,
  );
  return {
    ...reader,
    engine: { ...engine, left: rest, statistics },
    stores: reader.stores.map((other) => ({ ...other, value: scaled(other.value) })),
    holds: [...holdsOfOne(row), ...reader.holds],
    places: uniquePlaces([...reader.places, ...row.places]),
  };
}

/** What one store of a row program takes, where several norms of the same rows were merged into it. */
function holdsOfOne({ holds, stores }: Row): readonly string[] {
  const length = holds.length / stores.length;
  const isRepeated = holds.every((operation, n) => operation === holds[n % length]);
  return Number.isInteger(length) && isRepeated ? holds.slice(0, length) : holds;
}

/** The loops of the row program over those of the contraction: its lanes must be the summed axes. */
function positionsOf(
  load: Load,
  store: Store,
  { engine: { grid, lanes } }: Row,
  engine: Contract["engine"],
  shape: readonly number[],
): ReadonlyMap<number, Expr> | undefined {
  const wide = extents([...grid, ...lanes]).filter(({ extent }) => extent !== 1);
  const positions = invertPositions(store.at, shape, wide, load.at);
  if (positions === undefined) return undefined;
  const at = (axes: readonly LoopAxis[]): readonly Expr[] =>
    axes.flatMap(({ id }) => positions.get(id) ?? []);
  const wideLanes = lanes.filter(({ extent }) => extent !== 1);
  const isWhole = coversOnce(
    at(wideLanes),
    wideLanes.map(({ extent }) => extent),
    extents(engine.inner.filter(({ extent }) => extent !== 1)),
  );
  const isAcross = at(grid).some((position) => usesAny(position, engine.inner));
  return isWhole && !isAcross && extentOfAll(lanes) > 1 ? positions : undefined;
}

function extents(axes: readonly LoopAxis[]): { axis: number; extent: number }[] {
  return axes.map(({ id, extent }) => ({ axis: id, extent }));
}

function loadsOf(expr: Expr, tensor: number): readonly Load[] {
  return nodesOf([expr]).filter(
    (node): node is Load => node.kind === "load" && node.tensor === tensor,
  );
}

function withLeft(contract: Contract, left: Expr): Contract {
  return { ...contract, engine: { ...contract.engine, left } };
}

function hasReduced(expr: Expr): boolean {
  return nodesOf([expr]).some((node) => node.kind === "reduced");
}

function usesAny(expr: Expr, axes: readonly LoopAxis[]): boolean {
  const ids = new Set<PositionId>(axes.map(({ id }) => id));
  return nodesOf([expr]).some((node) => node.kind === "axis" && ids.has(node.axis));
}

function isRow(kernel: Kernel): kernel is Row {
  return isEngine(kernel, "row");
}

function isContract(kernel: Kernel): kernel is Contract {
  return isEngine(kernel, "contract");
}
