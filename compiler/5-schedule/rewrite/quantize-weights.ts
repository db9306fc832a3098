import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import { call, intConstant } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { type Load, makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { Graph } from "../../ir/graph/graph.ts";
import { isUpdated } from "../../ir/graph/graph-results.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { placeOf } from "../../source/source-file.ts";
import type { KernelPass, Quantization } from "../kernel-program/kernel-pass.ts";

/** Elements per scale: a scale of 32 bits then costs one bit per weight. */
export const quantizedGroup = 32;

const numbers = {
  /** Smaller tensors are no part of what decoding reads. */
  elements: 1024,
  /** Scales lie in one binding, as small as the least that WebGPU promises. */
  scaleBytes: 128 * 1024 * 1024,
};

/**
 * Stores weights as whole numbers of 8 or 4 bits and a scale for each group of them. Weights are the right
 * operands of contractions whose last dimensions are inner axes, as checkpoints have them. Other kernels
 * may read them too (an embedding that is the output layer as well). What is read becomes
 * `number * scale` where it is read: no kernel stores it, so nothing wide ever exists.
 *
 * It works on kernels and not on graphs, because only fusion decides which tensors are right operands;
 * all steps of a mode are in view, so that they agree.
 */
export const quantizeWeights: KernelPass = {
  name: "quantize-weights",
  summary: "store weights as small whole numbers with scales",
  run: (program, { quantization, profile }) =>
    quantization === undefined
      ? program
      : quantized(program, quantization, profile.maxStorageBuffersPerShaderStage),
};

function quantized(
  program: KernelProgram,
  { storage, group }: Quantization,
  maxTensors: number,
): KernelProgram {
  const tensors = [...program.tensors];
  const bound = program.kernels.map((kernel) => new Set(tensorsOfKernel(kernel)));
  const scales = new Map<number, { readonly scale: number; readonly grouped: number }>();
  for (const [id, grouped] of quantizable(program, group)) {
    const readers = bound.filter((own) => own.has(id));
    if (readers.some((own) => own.size + 1 > maxTensors)) continue;
    const tensor = at(tensors, id);
    const scale = tensors.length;
    const outer = tensor.shape.slice(0, tensor.shape.length - grouped);
    tensors.push({
      id: scale,
      name: `${tensor.name} scales`,
      role: "parameter",
      shape: [...outer, countOf(tensor.shape.slice(-grouped)) / group],
      storage: "f32",
      scalesOf: { tensor: id, group, insteadOf: tensor.storage },
    });
    tensors[id] = { ...tensor, storage };
    scales.set(id, { scale, grouped });
    for (const own of readers) own.add(scale);
  }
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind !== "load") return undefined;
    const found = scales.get(leaf.tensor);
    if (found === undefined) return undefined;
    const { shape } = at(tensors, leaf.tensor);
    const outer = leaf.at.slice(0, leaf.at.length - found.grouped);
    const inner = flattened(leaf.at.slice(-found.grouped), shape.slice(-found.grouped));
    const place = call("div", [inner, intConstant(group)], "i32");
    const scale: Load = {
      kind: "load",
      tensor: found.scale,
      at: [...outer, place],
      type: "f32",
    };
    return call("mul", [leaf, scale], "f32");
  });
  return {
    ...program,
    tensors,
    kernels: program.kernels.map((kernel, n): Kernel => {
      if (![...(bound[n] ?? [])].some((id) => scales.has(id))) return kernel;
      return {
        ...kernel,
        engine: rewriteEngine(kernel.engine, rewrite),
        stores: kernel.stores.map((store) => rewriteStore(store, rewrite)),
      };
    }),
  };
}

/**
 * Whole numbers of few bits cannot take a small step. No text asks for it: what a mode stores to are states.
 * Throws where a graph updates a parameter or a buffer.
 */
export function refuseUpdatedWeights(graphs: readonly Graph[]): void {
  const stored = graphs.flatMap((graph) => graph.stored.filter(isUpdated));
  const weight = stored.find(({ kind }) => kind !== "state");
  if (weight === undefined) return;
  const { file, start } = weight.span;
  const place = `${file.path}:${placeOf(file, start).line}`;
  throw new InternalError(`${weight.path} (${place}) is updated in place and cannot be quantised`);
}

/** Weights, each with how many of its last dimensions a group may run along: largest first. */
function quantizable(
  { tensors, kernels }: KernelProgram,
  group: number,
): readonly (readonly [number, number])[] {
  const found = new Map<number, number>();
  for (const kernel of kernels) {
    if (!isEngine(kernel, "contract")) continue;
    const { engine } = kernel;
    const inner = new Set(engine.inner.map(({ id }) => id));
    for (const node of nodesOf(rightsOf(engine))) {
      if (node.kind !== "load" || found.has(node.tensor)) continue;
      const tensor = at(tensors, node.tensor);
      if (tensor.role !== "parameter" || tensor.scalesOf !== undefined) continue;
      if (tensor.storage === "i32" || tensor.storage === "u32") continue;
      const size = countOf(tensor.shape);
      if (size < numbers.elements || (size / group) * 4 > numbers.scaleBytes) continue;
      const grouped = groupedDimensions(tensor.shape, group);
      if (grouped === undefined) continue;
      const runsAlong = node.at.slice(-grouped).every((position) => isOver(position, inner));
      if (runsAlong) found.set(node.tensor, grouped);
    }
  }
  return [...found].toSorted(
    ([one], [two]) => countOf(at(tensors, two).shape) - countOf(at(tensors, one).shape),
  );
}

/** The fewest last dimensions that whole groups fill; the first one counts outputs and stays. */
function groupedDimensions(shape: readonly number[], group: number): number | undefined {
  let size = 1;
  for (let count = 1; count < shape.length; count++) {
    size *= shape[shape.length - count] ?? 1;
    if (size % group === 0) return count;
  }
  return undefined;
}

function isOver(position: Expr, axes: ReadonlySet<number>): boolean {
  return nodesOf([position]).every((node) => node.kind !== "axis" || axes.has(node.axis));
}

function flattened(positions: readonly Expr[], shape: readonly number[]): Expr {
  return positions.reduce((sum, position, n) => {
    const outer = call("mul", [sum, intConstant(shape[n] ?? 1)], "i32");
    return call("add", [outer, position], "i32");
  }, intConstant(0));
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function at(tensors: readonly KernelTensor[], id: number): KernelTensor {
  const tensor = tensors[id];
  invariant(tensor !== undefined, `there is no tensor ${id}`);
  return tensor;
}
