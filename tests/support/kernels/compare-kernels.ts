import { expect } from "vitest";
import type { DeviceProfile } from "../../../compiler/ir/device-profile.ts";
import type { ElementType, Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { graphResults, isUpdated } from "../../../compiler/ir/graph/graph-results.ts";
import { interpretKernels } from "../../../compiler/ir/kernel/interpret-kernel.ts";
import type { KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import type { Extent, ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";
import { numbersFor } from "../graphs/random-tensors.ts";
import { fuseGraph, interfaceOf, lowerWholly } from "./fuse-graph.ts";

interface Comparison {
  readonly maxTensors?: number;
  /** As on a device where memory is as fast as arithmetic: `false`. */
  readonly savesTraffic?: boolean;
  readonly seed?: number;
  /** Given, the kernels are those after every pass, on this device. */
  readonly device?: DeviceProfile;
}

/** Fuses a graph, verifies the kernels, and checks that they mean what the graph means. */
export function expectSameMeaning(
  graph: Graph,
  extent: Extent,
  options: Comparison = {},
): KernelProgram {
  return compareKernels(graph, graph, extent, randomFeeds(graph, extent, options.seed), options);
}

/** The same where passes made `optimized` from `graph`; `feeds` are for the inputs of `graph`. */
export function compareKernels(
  graph: Graph,
  optimized: Graph,
  extent: Extent,
  feeds: ReadonlyMap<Value, ReferenceTensor>,
  { maxTensors = 8, savesTraffic = true, device }: Comparison,
): KernelProgram {
  const fused =
    device !== undefined
      ? lowerWholly(optimized, extent, device)
      : fuseGraph(optimized, extent, {
          hasF16: true,
          maxStorageBuffersPerShaderStage: maxTensors,
          isSoftware: !savesTraffic,
        });
  const step = interfaceOf(fused);
  const outputs = graph.outputs.map((output) => output.value);
  const expected = interpretGraph(graphResults(graph), feeds, extent);
  const results = interpretKernels(fused, tensorsOf(graph, optimized, fused, feeds), {
    seed: 0,
    step: 0,
  });
  outputs.forEach((output, n) => {
    const tensor = step.outputs[n] ?? -1;
    expectClose(results.get(tensor), expected.get(output), `output ${n}`);
  });
  optimized.stored.forEach(({ path }, n) => {
    const next = graph.stored.filter(isUpdated).find((one) => one.path === path)?.next;
    const tensor = step.stored[n] ?? -1;
    if (next !== undefined) expectClose(results.get(tensor), expected.get(next), path);
  });
  return fused;
}

export function randomFeeds(
  graph: Graph,
  extent: Extent,
  seed = 1,
): ReadonlyMap<Value, ReferenceTensor> {
  const stored = [...graph.inputs, ...graph.stored];
  return new Map(
    stored.map(({ value }, n) => {
      return [value, { type: value.type, data: numbersFor(value, extent, seed + n) }] as const;
    }),
  );
}

/** Passes may replace or drop parameters; paths and names stay. */
export function tensorsOf(
  graph: Graph,
  optimized: Graph,
  program: KernelProgram,
  feeds: ReadonlyMap<Value, ReferenceTensor>,
): ReadonlyMap<number, Float64Array> {
  const step = interfaceOf(program);
  const tensors = new Map<number, Float64Array>();
  const give = (tensor: number | undefined, value: Value | undefined): void => {
    const data = value && feeds.get(value)?.data;
    if (tensor !== undefined && data !== undefined) tensors.set(tensor, data);
  };
  optimized.inputs.forEach(({ name }, n) => {
    give(step.inputs[n], graph.inputs.find((input) => input.name === name)?.value);
  });
  optimized.stored.forEach(({ path }, n) => {
    give(step.stored[n], graph.stored.find((one) => one.path === path)?.value);
  });
  return tensors;
}

/** References do not round where kernels do, at a conversion to a narrow float. */
const tolerances: Partial<Record<ElementType, number>> = { f16: 1e-3, bf16: 8e-3 };

function expectClose(
  found: Float64Array | undefined,
  expected: ReferenceTensor | undefined,
  what: string,
): void {
  expect(found?.length).toBe(expected?.data.length);
  const tolerance = tolerances[expected?.type.element ?? "f32"] ?? 1e-9;
  expected?.data.forEach((value, place) => {
    const result = found?.[place] ?? Number.NaN;
    // Infinities and NaN, whose distance is none.
    if (found !== undefined && Object.is(result, value)) return;
    if (!(Math.abs(result - value) <= tolerance * Math.max(1, Math.abs(value)))) {
      expect.fail(`${what}, element ${place}: ${result} instead of ${value}`);
    }
  });
}
