import { expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { reuseInPlace } from "../../compiler/5-schedule/memory/reuse-in-place.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import { splitTensors } from "../../compiler/5-schedule/split/split-tensors.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import { interpretKernels, type TensorData } from "../../compiler/ir/kernel/interpret-kernel.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import { tensorsOfKernel } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { bytesOf } from "../../compiler/ir/kernel/tensor-address.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { randomGraph } from "../support/graphs/random-graph.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { sketchVit } from "../support/graphs/sketch-vit.ts";
import { randomFeeds, tensorsOf } from "../support/kernels/compare-kernels.ts";
import { fuseGraph, interfaceOf, passContext, programOf } from "../support/kernels/fuse-graph.ts";

const rowMajor = { kind: "row-major" } as const;
const immediates = { seed: 0, step: 0 };

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Kernels may write over what they read, and a part of a tensor each: what one stores is laid over the rest. */
function interpretInPlace(
  { tensors, kernels }: KernelProgram,
  given: ReadonlyMap<number, TensorData>,
): ReadonlyMap<number, TensorData> {
  const state = new Map(given);
  for (const kernel of kernels) {
    const written = [...new Set(kernel.stores.map(({ tensor }) => tensor))];
    const fresh = written.map((tensor, n): KernelTensor => {
      return { ...(tensors[tensor] as KernelTensor), id: tensors.length + n };
    });
    const stores = kernel.stores.map((store) => {
      return { ...store, tensor: tensors.length + written.indexOf(store.tensor) };
    });
    const program = programOf([...tensors, ...fresh], [{ ...kernel, stores }]);
    const results = interpretKernels(program, state, immediates);
    written.forEach((tensor, n) => {
      const before = state.get(tensor);
      const stored = results.get(tensors.length + n) ?? new Float64Array();
      state.set(
        tensor,
        stored.map((value, place) => (Number.isNaN(value) ? (before?.[place] ?? value) : value)),
      );
    });
  }
  return state;
}

/** Parts of what is given, cut from the whole. */
function givenParts(
  { tensors }: KernelProgram,
  whole: ReadonlyMap<number, TensorData>,
): Map<number, TensorData> {
  const given = new Map(whole);
  for (const { id, shape, partOf } of tensors) {
    const data = partOf && whole.get(partOf.tensor);
    if (partOf === undefined || data === undefined) continue;
    given.set(id, data.slice(partOf.first, partOf.first + countOf(shape)));
  }
  return given;
}

/** An output as one, whatever it was cut into. */
function outputOf(
  { tensors }: KernelProgram,
  results: ReadonlyMap<number, TensorData>,
  output: number,
): TensorData {
  const parts = tensors.filter(({ partOf }) => partOf?.tensor === output);
  if (parts.length === 0) return results.get(output) ?? new Float64Array();
  const data = new Float64Array(countOf(tensors[output]?.shape ?? [])).fill(Number.NaN);
  for (const { id, partOf } of parts) {
    // A part that begins where no binding may holds elements before it that it never writes.
    results.get(id)?.forEach((value, place) => {
      if (!Number.isNaN(value)) data[(partOf?.first ?? 0) + place] = value;
    });
  }
  return data;
}

/** Cuts, lets results replace operands, and compares with the program as it was, bit for bit. */
function expectSame(
  program: KernelProgram,
  given: ReadonlyMap<number, TensorData>,
  limit: number,
  maxTensors = 16,
): { readonly cut: number; readonly replaced: number } {
  const profile = {
    ...portableProfile,
    maxStorageBufferBindingSize: limit,
    maxStorageBuffersPerShaderStage: maxTensors,
  };
  const right = interpretKernels(program, given, immediates);
  const cut = splitTensors.run(program, passContext(profile));
  const reused = reuseInPlace(cut);
  verifyPlan(
    reused,
    planMemory(reused, () => rowMajor, profile),
  );
  const found = interpretInPlace(reused, givenParts(reused, given));
  for (const output of interfaceOf(program).outputs) {
    expect(outputOf(reused, found, output)).toEqual(right.get(output));
  }
  return {
    cut: cut.tensors.length - program.tensors.length,
    replaced: cut.tensors.length - reused.tensors.length,
  };
}

test("random programs mean the same when they are cut and results replace operands", () => {
  let cut = 0;
  let replaced = 0;
  for (let seed = 0; seed < 150; seed++) {
    const { sketch, graph } = randomGraph(seed);
    const optimized = optimize(graph, sketch);
    const fused = fuseGraph(optimized, sketch.extent, { hasF16: true });
    const given = tensorsOf(graph, optimized, fused, randomFeeds(graph, sketch.extent, seed));
    const largest = Math.max(...fused.tensors.map((tensor) => bytesOf(tensor, rowMajor)));
    const limit = Math.max(16, Math.floor(largest / (2 + (seed % 4))));
    const counts = expectSame(fused, given, limit, seed % 2 === 0 ? 16 : 8);
    cut += counts.cut;
    replaced += counts.replaced;
  }
  expect(cut).toBeGreaterThan(150);
  expect(replaced).toBeGreaterThan(5);
});

test.each([1e9, 4096, 2048, 1024, 640])("a vision transformer in bindings of %i bytes", (limit) => {
  const sizes = { batch: 2, grid: 4, patch: 2, heads: 2, head: 8, hidden: 64, depth: 2 };
  const { sketch, graph } = sketchVit(sizes);
  const optimized = optimize(graph, sketch);
  const fused = fuseGraph(optimized, sketch.extent);
  const given = tensorsOf(graph, optimized, fused, randomFeeds(graph, sketch.extent));
  const { cut, replaced } = expectSame(fused, given, limit);
  expect(cut > 0).toBe(limit < 1e9);
  expect(replaced).toBeGreaterThan(0);
});

test.each([4, 6, 16])("rows of a table in %i parts are gathered in turns", (parts) => {
  const s = new Sketch();
  const [n, vocab, d] = [s.axis("N", 7), s.axis("Vocab", 160), s.axis("D", 6)];
  const ids = s.input("ids", [n], "i32");
  const table = s.parameter("table", [vocab, d]);
  const x = s.take(table, vocab, ids);
  const out = s.twin("Out", d);
  const y = s.sum(s.mul(x, s.parameter("weight", [out, d])), d);
  const graph = s.graph({ y, x: s.exp(x) });
  const limit = Math.ceil((160 * 6 * 4) / parts);
  const device = { maxStorageBufferBindingSize: limit, maxStorageBuffersPerShaderStage: 5 };
  const fused = fuseGraph(graph, s.extent, device);
  const cut = splitTensors.run(fused, passContext(device));
  for (const kernel of cut.kernels) {
    const bound = tensorsOfKernel(kernel);
    expect(bound.length).toBeLessThanOrEqual(5);
    const bytes = bound.map((tensor) => bytesOf(cut.tensors[tensor] as KernelTensor, rowMajor));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(limit);
  }
  const feeds = new Map(randomFeeds(graph, s.extent));
  const [own] = graph.inputs;
  if (own === undefined) throw new Error("the graph has no input");
  // The first row, the last one, and rows on both sides of the ends of parts.
  const rows = Float64Array.from([0, 159, 40, 39, 80, 79, 3]);
  feeds.set(own.value, { type: own.value.type, data: rows });
  const given = tensorsOf(graph, graph, fused, feeds);
  const right = interpretKernels(fused, given, immediates);
  const found = interpretInPlace(cut, givenParts(cut, given));
  for (const output of interfaceOf(fused).outputs) {
    expect(outputOf(cut, found, output)).toEqual(right.get(output));
  }
});
