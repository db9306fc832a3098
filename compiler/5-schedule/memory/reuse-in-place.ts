import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { invertPositions } from "../../ir/expr/index-digits.ts";
import { type Load, makeRewriter, substitute } from "../../ir/expr/rewrite-expr.ts";
import { recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import {
  hasUpdates,
  type KernelPart,
  partsOfKernel,
  storeAxes,
} from "../../ir/kernel/loop-axes.ts";
import type { Store } from "../../ir/kernel/loops.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { dropTensors } from "../kernel-program/drop-tensors.ts";
import { areDisjoint } from "../kernel-program/raced-tensor.ts";

/**
 * Lets kernels write where they read: a result takes the place of an operand that dies there, if each
 * element is read only by the invocation that writes it. A residual stream so stays at one place, and
 * norms of a part of a tensor stand where that part was. Both are bound once, for reading and writing.
 */
export function reuseInPlace(program: KernelProgram): KernelProgram {
  const pass = new OperandReuse(program);
  program.kernels.forEach((_, place) => {
    pass.visit(place);
  });
  return dropTensors({ ...program, kernels: pass.kernels });
}

class OperandReuse {
  readonly kernels: Kernel[];
  /** For each tensor the places of kernels that touch it, or did before they were rewritten. */
  readonly #touching = new Map<number, Set<number>>();
  readonly #tensors: readonly KernelTensor[];
  readonly #parts = new Map<Kernel, readonly KernelPart[]>();
  readonly #loads = new Map<Kernel, readonly Load[]>();
  readonly #loadsOfExpr = new Map<Expr, readonly Load[]>();

  constructor(program: KernelProgram) {
    this.kernels = [...program.kernels];
    this.#tensors = program.tensors;
    for (const place of this.kernels.keys()) this.#note(place);
  }

  visit(place: number): void {
    const kernel = this.kernels[place] as Kernel;
    const { stores } = kernel;
    // Each element looks through all updates: it reads what others write.
    if (hasUpdates(kernel)) return;
    for (let n = 0; n < stores.length; n++) {
      const value = stores[n]?.value;
      if (value === undefined) continue;
      this.#loadsIn(value).some((operand) => this.#tryReuse(place, n, operand));
    }
  }

  #tryReuse(place: number, storeNumber: number, operand: Load): boolean {
    const kernel = this.kernels[place] as Kernel;
    const store = kernel.stores[storeNumber] as Store;
    const from = this.#tensors[operand.tensor];
    const to = this.#tensors[store.tensor];
    if (from === undefined || to === undefined || from === to) return false;
    if (from.role !== "intermediate" || from.storage !== to.storage) return false;
    if (store.perRow === true) return false;
    if (isSamePlace(store.at, operand.at) && isSameShape(from, to)) return this.#tryWhole(from, to);
    if (to.role !== "intermediate" || !this.#isOwnElement(kernel, store, operand, to)) return false;
    if (this.#writersOf(to.id).length !== 1 || !this.#isAlone(kernel, storeNumber, operand))
      return false;
    const isReadLater = this.#touch(from.id).some(
      (later) => later > place && this.#loadsAt(later).some((load) => meets(load, operand)),
    );
    if (isReadLater || !(countOf(from) === countOf(to) || this.#outlives(from.id, to.id)))
      return false;
    this.#redirect(place, storeNumber, operand);
    return true;
  }

  /**
   * One tensor in place of another, element by element. Several kernels may make the result, each a part of
   * it. An output takes in the operand, which then lies in the output's buffer from the start.
   */
  #tryWhole(from: KernelTensor, to: KernelTensor): boolean {
    const writers = this.#writersOf(to.id);
    const isElementwise = writers.every(({ place, number }) => {
      const kernel = this.kernels[place] as Kernel;
      const { at, value, perRow } = kernel.stores[number] as Store;
      const own: Load = { kind: "load", tensor: from.id, at, type: value.type };
      return !hasUpdates(kernel) && perRow !== true && this.#isAlone(kernel, number, own);
    });
    const places = writers.map(({ place }) => place);
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const isReadBeside = [...this.#touch(from.id), ...this.#touch(to.id)].some((place) =>
      this.#loadsAt(place).some(({ tensor }) =>
        tensor === to.id
          ? place <= last
          : tensor === from.id && place > first && !places.includes(place),
      ),
    );
    if (!isElementwise || isReadBeside) return false;
    if (to.role === "output") this.#rename(from.id, to.id);
    else if (to.role === "intermediate") this.#rename(to.id, from.id);
    return to.role === "output" || to.role === "intermediate";
  }

  /** Each element of the result reads one element of the operand, and no two read the same. */
  #isOwnElement(kernel: Kernel, store: Store, { at }: Load, to: KernelTensor): boolean {
    const axes = storeAxes(kernel, store);
    const extents = axes.map(({ id, extent }) => ({ axis: id, extent }));
    if (invertPositions(store.at, to.shape, extents, store.at) === undefined) return false;
    const used = at.flatMap((position) => (position.kind === "axis" ? [position.axis] : []));
    return (
      at.every(({ kind }) => kind === "axis" || kind === "constant") &&
      new Set(used).size === used.length &&
      axes.every(({ id, extent }) => extent === 1 || used.includes(id))
    );
  }

  /**
   * Nothing else in the kernel touches the elements, but the statistics of the row that they are in, and
   * other stores at the same place where those load an element once.
   */
  #isAlone(kernel: Kernel, storeNumber: number, operand: Load): boolean {
    const { loadsOnce } = recordOf(kernel.engine);
    const isClear = this.#partsOf(kernel).every(({ name, expr, isReadBeforeStores }) => {
      const isOwn = name === `store ${storeNumber}` || (loadsOnce && name.startsWith("store "));
      return this.#loadsIn(expr).every((load) => {
        if (!meets(load, operand)) return true;
        return (isOwn || isReadBeforeStores) && isSamePlace(load.at, operand.at);
      });
    });
    const isUnwritten = kernel.stores.every(
      ({ tensor, at }) => tensor !== operand.tensor || areDisjoint(at, operand.at),
    );
    return isClear && isUnwritten;
  }

  /** The operand's tensor is needed for other elements at least as long as the result. */
  #outlives(one: number, two: number): boolean {
    const lastOf = (tensor: number): number =>
      this.#touch(tensor).reduce(
        (last, place) =>
          place > last && this.#loadsAt(place).some((l) => l.tensor === tensor) ? place : last,
        -1,
      );
    return lastOf(one) >= lastOf(two);
  }

  #rename(old: number, name: number): void {
    const rename = makeRewriter((leaf) =>
      leaf.kind === "load" && leaf.tensor === old ? { ...leaf, tensor: name } : undefined,
    );
    for (const n of this.#touch(old)) {
      const kernel = this.kernels[n] as Kernel;
      const renamed = rewriteKernel(kernel, rename);
      const stores = renamed.stores.map((store) =>
        store.tensor === old ? { ...store, tensor: name } : store,
      );
      this.kernels[n] = { ...renamed, stores };
      this.#note(n);
    }
  }

  #redirect(place: number, storeNumber: number, operand: Load): void {
    const kernel = this.kernels[place] as Kernel;
    const result = kernel.stores[storeNumber] as Store;
    const to = this.#tensors[result.tensor] as KernelTensor;
    const axes = storeAxes(kernel, result).map(({ id, extent }) => ({ axis: id, extent }));
    const stores = kernel.stores.map((store, n) =>
      n === storeNumber ? { ...store, tensor: operand.tensor, at: operand.at } : store,
    );
    this.kernels[place] = { ...kernel, stores };
    const redirect = makeRewriter((leaf) => {
      if (leaf.kind !== "load" || leaf.tensor !== to.id) return undefined;
      const positions = invertPositions(result.at, to.shape, axes, leaf.at) ?? new Map();
      const at = operand.at.map((position) => substitute(position, positions));
      return { ...leaf, tensor: operand.tensor, at };
    });
    this.#note(place);
    for (const n of this.#touch(to.id)) {
      if (n <= place || !this.#loadsAt(n).some(({ tensor }) => tensor === to.id)) continue;
      this.kernels[n] = rewriteKernel(this.kernels[n] as Kernel, redirect);
      this.#note(n);
    }
  }

  #writersOf(tensor: number): readonly { readonly place: number; readonly number: number }[] {
    return this.#touch(tensor).flatMap((place) =>
      (this.kernels[place] as Kernel).stores.flatMap((store, number) =>
        store.tensor === tensor ? [{ place, number }] : [],
      ),
    );
  }

  #touch(tensor: number): readonly number[] {
    return [...(this.#touching.get(tensor) ?? [])];
  }

  #note(place: number): void {
    const touched = [...this.#loadsAt(place), ...(this.kernels[place] as Kernel).stores];
    for (const { tensor } of touched) {
      const places = this.#touching.get(tensor) ?? new Set();
      this.#touching.set(tensor, places.add(place));
    }
  }

  #loadsAt(place: number): readonly Load[] {
    return this.#loadsOf(this.kernels[place] as Kernel);
  }

  #partsOf(kernel: Kernel): readonly KernelPart[] {
    const known = this.#parts.get(kernel) ?? partsOfKernel(kernel);
    this.#parts.set(kernel, known);
    return known;
  }

  #loadsOf(kernel: Kernel): readonly Load[] {
    const known =
      this.#loads.get(kernel) ?? this.#partsOf(kernel).flatMap((p) => this.#loadsIn(p.expr));
    this.#loads.set(kernel, known);
    return known;
  }

  #loadsIn(expr: Expr): readonly Load[] {
    const known =
      this.#loadsOfExpr.get(expr) ?? nodesOf([expr]).filter((node) => node.kind === "load");
    this.#loadsOfExpr.set(expr, known);
    return known;
  }
}

function rewriteKernel(kernel: Kernel, rewrite: (expr: Expr) => Expr): Kernel {
  const stores = kernel.stores.map((store) => rewriteStore(store, rewrite));
  return { ...kernel, engine: rewriteEngine(kernel.engine, rewrite), stores };
}

function meets(one: Load, two: Load): boolean {
  return one.tensor === two.tensor && !areDisjoint(one.at, two.at);
}

function isSamePlace(one: readonly Expr[], two: readonly Expr[]): boolean {
  return one.length === two.length && one.every((e, n) => isSameExpr(e, two[n] as Expr));
}

function isSameShape(one: KernelTensor, two: KernelTensor): boolean {
  return one.shape.join() === two.shape.join();
}

function countOf({ shape }: KernelTensor): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
