import type { Expr } from "../expr/expr-form.ts";
import { type Operand, pointsOf } from "./engines/engine-record.ts";
import { recordOf } from "./engines/engine-registry.ts";
import type { Kernel } from "./kernel.ts";
import type { LoopAxis, Store } from "./loops.ts";

/** Which loops of a kernel an expression stands in, outermost first. */
export interface KernelPart {
  readonly name: string;
  readonly expr: Expr;
  readonly axes: readonly LoopAxis[];
  /** Reductions with a smaller number may be read here. */
  readonly reductions: number;
  /** Is it read in full before its point stores an element? */
  readonly isReadBeforeStores: boolean;
  /** Set where it belongs to updates, of which each is done at some of the points only. */
  readonly isUpdate?: boolean;
  /** It means nothing where this is false. */
  readonly when?: Expr | undefined;
}

/** The loops over which a store runs; `perRow` stores leave out the elements of a row. */
export function storeAxes(
  { engine }: Kernel,
  { perRow = false, along = 0 }: Pick<Store, "perRow" | "along">,
): readonly LoopAxis[] {
  const loops = recordOf(engine).loops(engine);
  const stored = loops.filter(({ role }) => role === "stored");
  const own = perRow ? undefined : stored[along];
  return loops.flatMap((group) => {
    const isOver = group.role === "parallel" && !(perRow && group.isOfElements === true);
    return isOver || group === own ? group.axes : [];
  });
}

/**
 * Loops whose points do not wait for each other, so that a kernel may do a part of them. What is stored once
 * per row would be stored by each part of the elements of a row.
 */
export function parallelAxes({ engine, stores }: Kernel): readonly LoopAxis[] {
  const hasRows = stores.some(({ perRow }) => perRow === true);
  return recordOf(engine)
    .loops(engine)
    .flatMap(({ role, axes, isOfElements }) =>
      role === "parallel" && !(hasRows && isOfElements === true) ? axes : [],
    );
}

/** Every loop axis of a kernel, each once. */
export function allAxes({ engine }: Kernel): readonly LoopAxis[] {
  return recordOf(engine)
    .loops(engine)
    .flatMap(({ axes }) => axes);
}

export function operandsOf({ engine }: Kernel): readonly Operand[] {
  return recordOf(engine).operands(engine);
}

/** Every expression of a kernel with the loops that it stands in. */
export function partsOfKernel(kernel: Kernel): readonly KernelPart[] {
  const { engine } = kernel;
  const parts = operandsOf(kernel).map(
    ({ name, expr, over, results = 0, isReadBeforeStores = false }): KernelPart => ({
      name,
      expr,
      axes: over.flat(),
      reductions: results,
      isReadBeforeStores,
    }),
  );
  const reductions = reductionCount(kernel);
  kernel.stores.forEach((store, n) => {
    const updates = recordOf(engine).updateLoops(engine, n);
    const axes = [...storeAxes(kernel, store), ...(updates ?? [])];
    const isUpdate = updates !== undefined;
    const add = (name: string, expr: Expr, when?: Expr): void => {
      parts.push({ name, expr, axes, reductions, isReadBeforeStores: false, isUpdate, when });
    };
    for (const position of store.at) add(`position of store ${n}`, position);
    if (store.when !== undefined) add(`guard of store ${n}`, store.when);
    add(`store ${n}`, store.value, store.when);
  });
  return parts;
}

/** The expressions of `partsOfKernel` in its order, for who does not ask for loops. */
export function exprsOfKernel(kernel: Kernel): readonly Expr[] {
  const exprs = operandsOf(kernel).map(({ expr }) => expr);
  for (const { at, when, value } of kernel.stores) {
    exprs.push(...at);
    if (when !== undefined) exprs.push(when);
    exprs.push(value);
  }
  return exprs;
}

/** Stores that write each element once, without those that then write some of them again. */
export function coveringStores({ engine, stores }: Kernel): readonly Store[] {
  return stores.filter((_, n) => recordOf(engine).updateLoops(engine, n) === undefined);
}

/** Does a store write again what another one wrote, as it finds out by looking at every update? */
export function hasUpdates(kernel: Kernel): boolean {
  return coveringStores(kernel).length < kernel.stores.length;
}

function reductionCount({ engine }: Kernel): number {
  return recordOf(engine).results(engine);
}

export function extentOfAll(axes: readonly LoopAxis[]): number {
  return pointsOf(axes);
}
