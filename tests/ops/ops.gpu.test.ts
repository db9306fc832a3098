import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import type { ElementType } from "../../compiler/ir/graph/graph.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { opSamples, type PreparedSample } from "../support/graphs/op-samples.ts";
import { fuseGraph, interfaceOf } from "../support/kernels/fuse-graph.ts";
import { spelledOut } from "../support/kernels/pass-context.ts";
import { prepareKernel } from "../support/kernels/run-kernel.ts";

/** Largest difference, relative to the larger of 1 and the exact value. Integers are exact. */
const tolerances: Readonly<Record<ElementType, number>> = {
  real: 4e-6,
  f32: 4e-6,
  f16: 1e-3,
  bf16: 8e-3,
  i32: 0,
  u32: 0,
  bool: 0,
};

describe("every operation means the same on the device", () => {
  let gpu: TestGpu | undefined;
  beforeAll(async () => {
    gpu = await openTestGpu({ robust: true });
    console.log(gpu === undefined ? "no adapter: skipped" : `on ${gpu.profile.name}`);
  });
  afterAll(() => gpu?.device.destroy());

  for (const sample of opSamples()) {
    test(sample.name, async (context) => {
      if (gpu === undefined) return context.skip();
      const { value, feeds, extent } = sample;
      const exact = interpretGraph([value], feeds, extent).get(value)?.data ?? new Float64Array();
      const found = await computeOnDevice(gpu, sample);
      expect(found.length).toBe(exact.length);
      const tolerance = tolerances[value.type.element];
      for (const [n, x] of found.entries()) {
        const wanted = exact[n] ?? Number.NaN;
        expect(Math.abs(x - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
      }
    });
  }
});

/** Runs the kernels one after the other and carries what they write to those that read it. */
async function computeOnDevice(gpu: TestGpu, sample: PreparedSample): Promise<Float64Array> {
  const { graph, build, extent, feeds } = sample;
  const spelt = spelledOut(graph, { build, extent });
  const program = fuseGraph(spelt, extent, { ...gpu.profile, isSoftware: false });
  const { tensors, kernels } = program;
  const step = interfaceOf(program);
  const data = new Map<number, Float64Array>();
  for (const [n, { value }] of spelt.inputs.entries()) {
    const given = feeds.get(value)?.data;
    const tensor = step.inputs[n];
    if (given !== undefined && tensor !== undefined) data.set(tensor, given);
  }
  for (const kernel of kernels) {
    const scheduled = scheduleKernel(kernel, tensors, gpu.profile, () => undefined);
    const prepared = await prepareKernel(gpu, scheduled, tensors, data, { seed: 0, step: 0 });
    await prepared.run(1);
    for (const { tensor } of kernel.stores) data.set(tensor, await prepared.read(tensor));
    prepared.dispose();
  }
  return data.get(step.outputs[0] ?? -1) ?? new Float64Array();
}
