import { intConstant } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { type Load, makeRewriter, substitute } from "../../ir/expr/rewrite-expr.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { ReadsOf } from "../../ir/kernel/kernel-tensors.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";

/** So many parts are told apart by the conditions of a map. */
const mostParts = 8;

/**
 * A map that does nothing but put several tensors beside each other, as the gradients of queries, keys and
 * values that one product made: whoever makes a part stores it where the map would have put it.
 *
 * Runs where every kernel has the size that it stays at: several kernels then make one tensor.
 */
export const storeParts: KernelPass = {
  name: "store-parts",
  summary: "store the parts of a tensor where they are put together",
  run: (program, { readsOf }) =>
    program.kernels.reduce((current, kernel) => withoutJoin(current, kernel, readsOf), program),
};

/** What is stored at one place along the axis that tells the parts apart. */
interface Part {
  readonly load: Load;
  readonly at: readonly Expr[];
}

function withoutJoin(program: KernelProgram, join: Kernel, reads: ReadsOf): KernelProgram {
  if (!isEngine(join, "map")) return program;
  const [store, ...others] = join.stores;
  const isPlain = store !== undefined && others.length === 0 && !store.partial && !store.when;
  const target = isPlain ? program.tensors[store.tensor] : undefined;
  if (store === undefined || target === undefined || target.role === "state") return program;
  if (program.kernels.some((kernel) => kernel !== join && writes(kernel, target.id)))
    return program;
  const { grid } = join.engine;
  for (const axis of grid.filter(({ extent }) => extent > 1 && extent <= mostParts)) {
    const parts = partsAlong(axis, store, grid);
    const isFree = parts?.every(({ load }) => mayMove(load, target, join, program, reads)) === true;
    if (parts === undefined || !isFree) continue;
    const byTensor = new Map(parts.map((part) => [part.load.tensor, part]));
    if (byTensor.size < parts.length) continue;
    const kernels = program.kernels.flatMap((kernel): readonly Kernel[] => {
      if (kernel === join) return [];
      if (!kernel.stores.some(({ tensor }) => byTensor.has(tensor))) return [kernel];
      return [
        { ...kernel, stores: kernel.stores.map((own) => movedStore(own, byTensor, target.id)) },
      ];
    });
    return { ...program, kernels };
  }
  return program;
}

/** The tensor that lies at each place along `axis`, if nothing else does. */
function partsAlong(
  axis: LoopAxis,
  { at, value }: Store,
  grid: readonly LoopAxis[],
): readonly Part[] | undefined {
  const others = grid.filter(({ id, extent }) => id !== axis.id && extent > 1);
  const parts: Part[] = [];
  for (let place = 0; place < axis.extent; place++) {
    const here = new Map([[axis.id, intConstant(place)]]);
    const load = withoutZeros(substitute(value, here));
    if (load.kind !== "load" || !isOver(load, others)) return undefined;
    parts.push({ load, at: at.map((position) => substitute(position, here)) });
  }
  return parts;
}

/** What is added to nothing: `0 + x`, as choices by the axis leave behind. */
function withoutZeros(expr: Expr): Expr {
  if (expr.kind !== "call" || expr.fn !== "add") return expr;
  const terms = expr.args.map(withoutZeros);
  const kept = terms.filter((term) => !(term.kind === "constant" && term.value === 0));
  const [only = expr, ...more] = kept;
  return more.length === 0 ? only : expr;
}

/** One element for one: each loop in a dimension of its own. */
function isOver({ at }: Load, loops: readonly LoopAxis[]): boolean {
  const axes = at.flatMap((position) => (position.kind === "axis" ? [position.axis] : []));
  return (
    at.every(({ kind }) => kind === "axis" || kind === "constant") &&
    axes.length === loops.length &&
    loops.every(({ id }) => axes.includes(id))
  );
}

/** Is the part, whole, there for the map alone, and stored as the map would store it? */
function mayMove(
  { tensor, at }: Load,
  target: KernelTensor,
  join: Kernel,
  { tensors, kernels }: KernelProgram,
  reads: ReadsOf,
): boolean {
  const part = tensors[tensor];
  return (
    part?.role === "intermediate" &&
    part.storage === target.storage &&
    part.shape.every((extent, n) => at[n]?.kind === "axis" || extent === 1) &&
    kernels.every((kernel) => kernel === join || !reads(kernel).includes(tensor)) &&
    kernels.every(({ step = 0, ...kernel }) => !writes(kernel, tensor) || step === (join.step ?? 0))
  );
}

function movedStore(store: Store, parts: ReadonlyMap<number, Part>, target: number): Store {
  const part = parts.get(store.tensor);
  if (part === undefined) return store;
  const positions = new Map<number, Expr>();
  part.load.at.forEach((position, n) => {
    if (position.kind === "axis") positions.set(position.axis, store.at[n] as Expr);
  });
  const place = makeRewriter((leaf) =>
    leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
  );
  return { ...store, tensor: target, at: part.at.map(place) };
}

function writes({ stores }: Pick<Kernel, "stores">, tensor: number): boolean {
  return stores.some((store) => store.tensor === tensor);
}
