import { InternalError } from "../../diagnostics/internal-error.ts";
import { exprKey } from "../expr/expr-key.ts";
import { addForms, exprOfForm, integerFormOf } from "../expr/integer-form.ts";
import { coverTogether } from "./cover-together.ts";
import type { Kernel, KernelProgram } from "./kernel.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import { type ReadsOf, readsOf, writesOf } from "./kernel-tensors.ts";
import { coveringStores, extentOfAll, storeAxes } from "./loop-axes.ts";
import type { Store } from "./loops.ts";
import { reachesOnce } from "./partial-store.ts";
import { partsByWhole, wrongSlab } from "./slab-tensors.ts";
import { checkKernel, type Fail, scalarTypeOf } from "./verify-kernel.ts";

/**
 * What was found right, by the stores of the kernels: their names and reasons may change. Programs that have
 * kernels in common may share it, as a program before and after a pass do: only kernels that are new, or
 * touch tensors that have changed, are looked into again.
 */
export type VerifiedKernels = Map<Kernel["stores"], Verified>;

interface Verified {
  readonly engine: Kernel["engine"];
  readonly reads: readonly number[];
  /** The tensors that it touches, as they were. */
  readonly touched: readonly KernelTensor[];
  /** Of those that it writes the ones that other kernels write too. */
  readonly shared: readonly number[];
}

/**
 * What must hold of every program of kernels: each kernel is right by itself, tensors are made before they
 * are read, and every element is stored exactly once, by one kernel or by several that each store a part.
 * Where results were written over operands, what was made may be written again. What lies in a slab lies apart,
 * and is read as a part of the slab only when all of that is made.
 */
export function verifyKernels(
  program: KernelProgram,
  after: string,
  verified: VerifiedKernels = new Map(),
  reads: ReadsOf = readsOf,
): void {
  const { tensors, kernels } = program;
  const makers = makersOf(program);
  const made = new Set<number>();
  for (const { id, role, replaces } of tensors) {
    const isResult = role === "intermediate" || role === "output" || role === "scratch";
    if (!isResult && replaces === undefined) made.add(id);
  }
  const slabs = partsByWhole(tensors);
  const misplaced = wrongSlab(tensors, slabs);
  if (misplaced) throw new InternalError(`after ${after}, ${misplaced}`);
  for (const kernel of kernels) {
    const fail: Fail = (message) => {
      throw new InternalError(`after ${after}, kernel ${kernel.name}: ${message}`);
    };
    const found = lookInto(kernel, program, makers, verified, reads, fail);
    for (const tensor of found.reads) {
      if (!made.has(tensor)) fail(`${tensors[tensor]?.name} is read before it is made`);
    }
    for (const tensor of writesOf(kernel)) {
      const isLast = makers.get(tensor)?.at(-1) === kernel;
      if (!isLast && program.reuse === undefined) continue;
      made.add(tensor);
      const { partOf } = tensors[tensor] ?? {};
      // A slab is made when all that lies in it is.
      const parts = (partOf && slabs.get(partOf.tensor)) ?? [];
      if (partOf && parts.length > 0 && parts.every(({ id }) => made.has(id)))
        made.add(partOf.tensor);
    }
  }
  // What was cut is made where its parts are.
  for (const { partOf } of tensors) if (partOf !== undefined) made.add(partOf.tensor);
  for (const { id, name, shape } of tensors) {
    // What has no elements needs no maker.
    if (!made.has(id) && !shape.includes(0))
      throw new InternalError(`after ${after}, nothing makes ${name}`);
    const wrong = program.reuse === undefined && wrongTogether(id, program, makers.get(id) ?? []);
    if (wrong) throw new InternalError(`after ${after}, ${wrong}`);
  }
}

/** What is known of a kernel holds of the same one on tensors of other numbers, if those are the same otherwise. */
export function renumberVerified(
  verified: VerifiedKernels,
  before: { readonly kernel: Kernel; readonly tensors: readonly KernelTensor[] },
  after: { readonly kernel: Kernel; readonly tensors: readonly KernelTensor[] },
  renumber: (tensor: number) => number,
): void {
  const known = verified.get(before.kernel.stores);
  if (known === undefined || !isUnchanged(known, before.kernel, before.tensors)) return;
  verified.set(after.kernel.stores, {
    engine: after.kernel.engine,
    reads: known.reads.map(renumber),
    touched: known.touched.map(({ id }) => after.tensors[renumber(id)] as KernelTensor),
    shared: known.shared.map(renumber),
  });
}

/** The tensors that a verified kernel touches; `undefined` where nothing is known of it. */
export function touchedBy(
  kernel: Kernel,
  verified: VerifiedKernels,
): readonly number[] | undefined {
  const known = verified.get(kernel.stores);
  return known?.engine === kernel.engine ? known.touched.map(({ id }) => id) : undefined;
}

function isUnchanged(
  { engine, touched }: Verified,
  kernel: Kernel,
  tensors: readonly KernelTensor[],
): boolean {
  return engine === kernel.engine && touched.every((tensor) => tensors[tensor.id] === tensor);
}

function makersOf({ kernels }: KernelProgram): ReadonlyMap<number, readonly Kernel[]> {
  const makers = new Map<number, Kernel[]>();
  for (const kernel of kernels) {
    for (const tensor of writesOf(kernel)) {
      const own = makers.get(tensor);
      if (own === undefined) makers.set(tensor, [kernel]);
      else own.push(kernel);
    }
  }
  return makers;
}

function lookInto(
  kernel: Kernel,
  { tensors, reuse }: KernelProgram,
  makers: ReadonlyMap<number, readonly Kernel[]>,
  verified: VerifiedKernels,
  readsBy: ReadsOf,
  fail: Fail,
): Verified {
  const written = writesOf(kernel);
  const shared = written.filter((tensor) => (makers.get(tensor) ?? []).length > 1);
  const known = verified.get(kernel.stores);
  const isKnown = known !== undefined && isUnchanged(known, kernel, tensors);
  if (isKnown && known.shared.join() === shared.join()) return known;
  checkKernel(kernel, tensors, fail);
  checkStores(kernel, tensors, (tensor) => shared.includes(tensor), reuse !== undefined, fail);
  const reads = readsBy(kernel);
  const touched = [...new Set([...reads, ...written])].flatMap((tensor) => tensors[tensor] ?? []);
  const found = { engine: kernel.engine, reads, touched, shared };
  verified.set(kernel.stores, found);
  return found;
}

function checkStores(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  isShared: (tensor: number) => boolean,
  isReused: boolean,
  fail: Fail,
): void {
  const stores = coveringStores(kernel).map((store) => withoutLead(store, tensors));
  for (const store of stores) {
    const found = tensors[store.tensor];
    if (found === undefined) throw new InternalError(`there is no tensor ${store.tensor}`);
    const tensor = ownElements(found);
    const axes = storeAxes(kernel, store);
    const together = stores.filter((other) => other.tensor === store.tensor);
    const place = store.at.map(exprKey).join(", ");
    const isState = tensor.role === "state";
    const isPart = isShared(tensor.id) && !isState;
    if (isPart) {
      if (!isReused && !reachesOnce(store, tensor, axes))
        fail(`${tensor.name} may be written twice at ${place}`);
    } else if (store.partial === true) {
      if (!isState || !coverTogether(together, tensor, axes))
        fail(`${tensor.name} may be written twice at ${place}`);
    } else if (store.when !== undefined) {
      fail(`${tensor.name} is written only where something holds`);
    } else if (!coverTogether(together, tensor, axes)) {
      fail(`${tensor.name}[${tensor.shape.join(", ")}] is not written exactly once at ${place}`);
    }
    if (store.value.type !== scalarTypeOf(tensor.storage) && store.value.type !== "bool") {
      fail(`${store.value.type} is stored to ${tensor.name} of ${tensor.storage}`);
    }
  }
}

/** A part without the elements of the part before it, which nobody touches. */
function ownElements(tensor: KernelTensor): KernelTensor {
  const lead = tensor.partOf?.lead ?? 0;
  return lead === 0 ? tensor : { ...tensor, shape: [(tensor.shape[0] ?? lead) - lead] };
}

/** The store with positions that count from the part's own first element. */
function withoutLead(store: Store, tensors: readonly KernelTensor[]): Store {
  const lead = tensors[store.tensor]?.partOf?.lead ?? 0;
  if (lead === 0) return store;
  const back = { terms: [], constant: -lead };
  return {
    ...store,
    at: store.at.map((position) => exprOfForm(addForms(integerFormOf(position), back))),
  };
}

/** By their number: whether the parts of one tensor that several kernels store are all of it and no more. */
function wrongTogether(
  id: number,
  { tensors }: KernelProgram,
  makers: readonly Kernel[],
): string | undefined {
  const tensor = tensors[id];
  if (tensor === undefined || tensor.role === "state" || makers.length < 2) return undefined;
  const stores = makers.flatMap((kernel) =>
    kernel.stores
      .filter((store) => store.tensor === id)
      .map((store) => ({
        count: extentOfAll(storeAxes(kernel, store)),
        isGuarded: store.when !== undefined,
      })),
  );
  const stored = stores.reduce((sum, { count }) => sum + count, 0);
  const elements = ownElements(tensor).shape.reduce((product, extent) => product * extent, 1);
  if (stored < elements) return `not all of ${tensor.name} is written`;
  const isMore = stored > elements && !stores.some(({ isGuarded }) => isGuarded);
  return isMore ? `${tensor.name} is written again` : undefined;
}
