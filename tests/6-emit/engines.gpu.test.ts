import { afterAll, beforeAll, describe, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { engineKinds } from "../../compiler/ir/kernel/engines/engine-registry.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  scheduledBy,
} from "../support/kernels/compare-kernel.ts";
import { engineSamples } from "../support/kernels/engine-samples.ts";

let gpu: TestGpu | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
  if (gpu === undefined) console.log("skipped: engines on a device, there is no WebGPU adapter");
});
afterAll(() => gpu?.device.destroy());

/** By the schedule that accepts everything; how the others agree is tested beside what they are good for. */
describe("every engine means on the device what it means in float64", () => {
  test.each(engineKinds)("%s", async (kind) => {
    if (gpu === undefined) return;
    const profile = regardlessOfSize(gpu.profile);
    const last = schedulesOf(kind).at(-1)?.name ?? "";
    for (const sample of engineSamples[kind])
      await expectLikeInterpreter(gpu, sample, scheduledBy(last, sample, profile));
  });
});
