import { loopId } from "../../ir/axis-ids.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import { axisIndex, call, intConstant } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { type Engine, isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { readsOf, tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { allAxes, extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";

type Contract = Engine<"contract">;

const numbers = {
  /** Below this many tiles a device has idle cores; parts are made until it has about twice as many. */
  hardware: { tiles: 64, tile: { rows: 32, columns: 64 }, vectorColumns: 4, fewRows: 4 },
  /** One of two cores idles only where there is next to nothing but the inner axes. */
  software: { outputs: 8 },
  /** Shorter sums are over before a second dispatch begins. */
  inner: { hardware: 2048, software: 16384 },
  part: { least: 256, multiple: 16 },
  parts: 16,
};

/**
 * Contractions with long sums and few results: the inner axes are cut into parts, which are summed side
 * by side into memory, and a second kernel adds the parts in a fixed order and does all that was done with
 * the sum. Two runs give the same bits, which adding by atomics would not.
 */
export const splitInner: KernelPass = {
  name: "split-inner",
  summary: "cut long sums with few results into parts that run side by side",
  run: (program, { profile }) => splitSums(program, profile),
};

function splitSums(program: KernelProgram, profile: DeviceProfile): KernelProgram {
  const tensors = [...program.tensors];
  const kernels = program.kernels.flatMap((kernel) => {
    const parts = partsOf(kernel, profile);
    if (parts === undefined) return [kernel];
    const split = splitKernel(kernel, parts, tensors.length);
    const isBindable = split.kernels.every(
      (made) => tensorsOfKernel(made).length <= profile.maxStorageBuffersPerShaderStage,
    );
    const largest = Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize);
    const isSmall = split.tensors.every(({ shape }) => 4 * product(shape) <= largest);
    if (!isBindable || !isSmall) return [kernel];
    tensors.push(...split.tensors);
    return split.kernels;
  });
  return kernels.length === program.kernels.length ? program : { ...program, tensors, kernels };
}

/** Into how many parts the inner axes are cut; `undefined` where that does not pay. */
function partsOf(kernel: Kernel, profile: DeviceProfile): number | undefined {
  if (!isEngine(kernel, "contract")) return undefined;
  const { engine } = kernel;
  if ((engine.statistics?.length ?? 0) > 0) return undefined;
  const inner = extentOfAll(engine.inner);
  const [outermost] = engine.inner;
  if (outermost === undefined) return undefined;
  if (inner < (profile.isSoftware ? numbers.inner.software : numbers.inner.hardware)) {
    return undefined;
  }
  const wanted = wantedParts(engine, profile);
  const { least, multiple } = numbers.part;
  for (let parts = wanted; parts >= 2; parts--) {
    const length = inner / parts;
    if (outermost.extent % parts === 0 && length >= least && length % multiple === 0) return parts;
  }
  return undefined;
}

function wantedParts(engine: Contract, profile: DeviceProfile): number {
  const rows = extentOfAll(engine.rows);
  const columns = extentOfAll(engine.columns);
  const batch = extentOfAll(engine.batch);
  if (rows * columns * batch === 0) return 0;
  if (profile.isSoftware) {
    return rows * columns * batch <= numbers.software.outputs ? numbers.parts : 0;
  }
  // Without subgroups the device may be any: there the fewest dispatches are the best guess.
  if (profile.subgroupSize === 0) return 0;
  const { tiles, tile, vectorColumns, fewRows } = numbers.hardware;
  const isVector = rows <= fewRows;
  const count = isVector
    ? batch * Math.ceil(columns / vectorColumns)
    : batch * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  return count >= tiles ? 0 : Math.min(numbers.parts, Math.ceil((2 * tiles) / count));
}

function splitKernel(
  kernel: Kernel,
  parts: number,
  firstTensor: number,
): { readonly kernels: readonly Kernel[]; readonly tensors: readonly KernelTensor[] } {
  if (!isEngine(kernel, "contract")) return { kernels: [kernel], tensors: [] };
  const { engine } = kernel;
  const [outermost, ...others] = engine.inner;
  if (outermost === undefined) return { kernels: [kernel], tensors: [] };
  const length = outermost.extent / parts;
  const nextAxis = loopId(Math.max(...allAxes(kernel).map(({ id }) => id)) + 1);
  const part: LoopAxis = { id: nextAxis, name: "part", extent: parts };
  const within: LoopAxis = { ...outermost, extent: length };
  const first = call("mul", [axisIndex(part.id, parts), intConstant(length)], "i32");
  const position = call("add", [first, axisIndex(within.id, length)], "i32");
  const place = makeRewriter((leaf) =>
    leaf.kind === "axis" && leaf.axis === outermost.id ? position : undefined,
  );
  const outer = [...engine.batch, ...engine.rows, ...engine.columns];
  const at = outer.map(({ id, extent }) => axisIndex(id, extent));
  const rights = rightsOf(engine);
  const tensors = rights.map(
    (_, n): KernelTensor => ({
      id: firstTensor + n,
      name: `${kernel.name}.parts${n === 0 ? "" : n}`,
      role: "intermediate",
      shape: [parts, ...outer.map(({ extent }) => extent)],
      storage: "f32",
    }),
  );
  const partial: Kernel = {
    ...kernel,
    name: `${kernel.name}-parts`,
    engine: {
      ...engine,
      batch: [part, ...engine.batch],
      inner: [within, ...others],
      left: place(engine.left),
      right: place(engine.right),
      ...(engine.others === undefined ? {} : { others: engine.others.map(place) }),
    },
    stores: tensors.map(({ id }, reduction) => ({
      tensor: id,
      at: [axisIndex(part.id, parts), ...at],
      value: { kind: "reduced", reduction, type: "f32" },
    })),
    endsBecause: `its sums are cut into ${parts} parts, for it has few results to keep a device busy`,
  };
  const sums = tensors.map(({ id }) =>
    addInPairs(
      Array.from({ length: parts }, (_, n) => ({
        kind: "load",
        tensor: id,
        at: [intConstant(n), ...at],
        type: "f32",
      })),
    ),
  );
  const take = makeRewriter((leaf) => (leaf.kind === "reduced" ? sums[leaf.reduction] : undefined));
  const sum: Kernel = {
    ...kernel,
    engine: { kind: "map", grid: outer },
    stores: kernel.stores.map((store) => rewriteStore(store, take)),
  };
  return { kernels: [partial, sum].map(readingWhatItReads), tensors };
}

/** A fixed order, in which errors of rounding grow with the logarithm of the count. */
function addInPairs(terms: readonly Expr[]): Expr {
  const [first, second] = terms;
  if (first === undefined) throw new RangeError("there is nothing to add");
  if (second === undefined) return first;
  const middle = Math.ceil(terms.length / 2);
  const halves = [addInPairs(terms.slice(0, middle)), addInPairs(terms.slice(middle))];
  return call("add", halves, "f32");
}

/** Each half says of its own states only that it reads them as they were. */
function readingWhatItReads(kernel: Kernel): Kernel {
  const { readsBefore, ...rest } = kernel;
  if (readsBefore === undefined) return kernel;
  const read = new Set(readsOf(kernel));
  return { ...rest, readsBefore: readsBefore.filter((tensor) => read.has(tensor)) };
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}
