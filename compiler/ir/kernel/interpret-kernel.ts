import { loopId } from "../axis-ids.ts";
import { ExprEvaluator } from "../expr/evaluate-expr.ts";
import { recordOf } from "./engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "./kernel.ts";
import type { ConstantTable, KernelTensor } from "./kernel-tensor.ts";
import type { Store } from "./loops.ts";
import { partsByWhole, sharesPlace } from "./slab-tensors.ts";

/** Elements of a tensor in row-major order, whatever its storage; booleans are 0 and 1. */
export type TensorData = Float64Array;

/**
 * Runs a program in float64, one element after the other: the judge of what fusion and schedules make.
 * Nothing is rounded to storage types. `given` has inputs, parameters and states by tensor
 * number, constants where they are not what their tables say; the answer has every tensor, states as the program leaves them.
 */
export function interpretKernels(
  program: KernelProgram,
  given: ReadonlyMap<number, TensorData>,
  immediates: Readonly<Record<string, number>> = {},
): ReadonlyMap<number, TensorData> {
  const tensors = new Map(given);
  const slabs = partsByWhole(program.tensors);
  for (const tensor of program.tensors) {
    const { id, role, table, shape, partOf } = tensor;
    if (partOf !== undefined && sharesPlace(tensor)) continue;
    const state = role === "state" ? given.get(id) : undefined;
    if (state !== undefined) tensors.set(id, state.slice());
    const parts = slabs.get(id);
    if (parts !== undefined) openSlab(id, shape, parts, given, tensors);
    // What has no elements is made by no kernel.
    if (shape.includes(0)) tensors.set(id, new Float64Array());
    if (table !== undefined && !tensors.has(id))
      tensors.set(id, fillTable(table, shape, partOf?.first));
  }
  for (const kernel of program.kernels) interpretKernel(kernel, program, tensors, immediates);
  return tensors;
}

/** A tensor in which others lie: what is stored to one of them is in it, too. Between its parts it is 0. */
function openSlab(
  id: number,
  shape: readonly number[],
  parts: readonly KernelTensor[],
  given: ReadonlyMap<number, TensorData>,
  tensors: Map<number, TensorData>,
): void {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const whole = given.get(id)?.slice() ?? new Float64Array(count);
  tensors.set(id, whole);
  for (const part of parts) {
    const { first } = part.partOf ?? { first: 0 };
    const elements = part.shape.reduce((product, extent) => product * extent, 1);
    const own = whole.subarray(first, first + elements);
    const start = given.get(part.id);
    if (start !== undefined) own.set(start);
    tensors.set(part.id, own);
  }
}

/** The elements of a constant, or those of a part from number `first` on. */
function fillTable(
  { value, shape: whole }: ConstantTable,
  shape: readonly number[],
  first = 0,
): TensorData {
  const evaluator = new ExprEvaluator([], new Map(), {});
  const element = evaluator.compile(value);
  const all: number[] = [];
  const axes = whole.map((extent, n) => ({ id: loopId(n), name: `d${n}`, extent }));
  evaluator.loop(axes, () => all.push(element()));
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Float64Array.from(all.slice(first, first + count));
}

function interpretKernel(
  kernel: Kernel,
  program: KernelProgram,
  tensors: Map<number, TensorData>,
  immediates: Readonly<Record<string, number>>,
): void {
  const evaluator = new ExprEvaluator(program.tensors, tensors, immediates);
  for (const store of kernel.stores) openTarget(store, program, tensors);
  const { engine, name, stores } = kernel;
  // All stores of a point then have what stood there before the first of them.
  const { loadsOnce } = recordOf(engine);
  const write = (own: readonly Store[]): (() => void) => {
    const writers = own.map((store) => evaluator.store(store));
    return () => {
      for (const { read, write } of writers) {
        read();
        if (!loadsOnce) write();
      }
      if (loadsOnce) for (const { write } of writers) write();
    };
  };
  recordOf(engine).interpret(engine, {
    evaluator,
    name,
    stores,
    storeElement: write(stores.filter(({ perRow, along }) => perRow !== true && !along)),
    storeOther: write(stores.filter(({ along }) => along === 1)),
    storeRow: write(stores.filter(({ perRow }) => perRow === true)),
  });
}

/** What no store reaches stays NaN and is seen, or what it was where only a part is stored. */
function openTarget(
  { tensor, partial }: Store,
  { tensors: specs }: KernelProgram,
  tensors: Map<number, TensorData>,
): void {
  const { shape = [], replaces } = specs[tensor] ?? {};
  const count = shape.reduce((a, b) => a * b, 1);
  const before = replaces === undefined ? tensors.get(tensor) : tensors.get(replaces)?.slice();
  // A kernel may read what it replaces: that stays until it is stored.
  const isKept = before !== undefined && (partial === true || replaces === undefined);
  tensors.set(tensor, isKept ? before : new Float64Array(count).fill(Number.NaN));
}
