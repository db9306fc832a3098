import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { expectLikeInterpreter, regardlessOfSize } from "../support/kernels/compare-kernel.ts";
import { validationErrorOf } from "../support/kernels/run-kernel.ts";
import {
  attention,
  contraction,
  layerNorm,
  patchEmbedding,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import {
  joinedRows,
  replacedElements,
  scaledBias,
  shiftedRows,
} from "../support/kernels/sample-maps.ts";

const samples: readonly (() => SampleKernel)[] = [
  () => contraction(3, 68, 37, { epilogue: true, batch: 2 }),
  () => contraction(33, 40, 260, { epilogue: true }),
  () => contraction(19, 37, 261, { epilogue: true, batch: 2 }),
  () => contraction(19, 37, 261, { rightRole: "input" }),
  () => patchEmbedding(15, 5, 256, 1),
  () => attention(2, 3, 37, 24),
  () => attention(1, 2, 21, 13, { mask: "causal" }),
  () => layerNorm(9, 300),
  () => layerNorm(9, 301),
  () => scaledBias(7, 12),
  () => joinedRows(3, 5, 7),
  () => shiftedRows(3, 8, 3),
  () => replacedElements(9, 4),
];

/** Dawn without a device checks every text for what no device here has. */
describe("every schedule's text is valid", () => {
  for (const lanes of [0, 4, 8, 16, 32, 64]) {
    for (const storage of ["f32", "f16"] as const) {
      test(`${lanes === 0 ? "no subgroups" : `subgroups of ${lanes}`}, ${storage}`, async () => {
        const gpu = await openTestGpu({ backend: "null" });
        if (gpu === undefined) throw new Error("Dawn has no null backend");
        const profile = { ...gpu.profile, subgroupSize: lanes, isSoftware: false };
        let texts = 0;
        for (const make of samples) {
          const sample = inStorage(make(), storage);
          for (const schedule of schedulesOf(sample.kernel.engine.kind)) {
            const applied = schedule.apply(sample.kernel, sample.tensors, profile, () => undefined);
            if ("because" in applied) continue;
            const scheduled = { ...applied, schedule: schedule.name, refusals: [] };
            const packings = new Map(
              applied.packings.map(({ tensor, packing }) => [tensor, packing]),
            );
            const emitted = emitKernel(
              scheduled,
              sample.tensors,
              (tensor) => packings.get(tensor),
              profile,
            );
            expect(await validationErrorOf(gpu, emitted)).toBeUndefined();
            texts++;
          }
        }
        expect(texts).toBeGreaterThanOrEqual(lanes === 0 ? samples.length : samples.length + 6);
        gpu.device.destroy();
      });
    }
  }
});

/** A result that changes with Dawn's index clamps would be a read or write out of range. */
test("the same results with index clamps and loop guards", async (context) => {
  const gpu = await openTestGpu({ robust: true });
  if (gpu === undefined) {
    console.log("skipped: robust kernels, there is no WebGPU adapter");
    return context.skip("there is no WebGPU adapter");
  }
  for (const make of samples) await compareAll(gpu, make());
  gpu.device.destroy();
});

async function compareAll(gpu: TestGpu, sample: SampleKernel): Promise<void> {
  const profile = regardlessOfSize(gpu.profile);
  for (const { name, apply } of schedulesOf(sample.kernel.engine.kind)) {
    // Its clamps are looked at among the schedules of contractions, and take long to compile.
    if (name === "contract-tiled") continue;
    const applied = apply(sample.kernel, sample.tensors, profile, () => undefined);
    if ("because" in applied) continue;
    await expectLikeInterpreter(gpu, sample, { ...applied, schedule: name, refusals: [] });
  }
}

function inStorage(sample: SampleKernel, storage: "f32" | "f16"): SampleKernel {
  const tensors = sample.tensors.map((tensor) =>
    tensor.storage === "f32" ? { ...tensor, storage } : tensor,
  );
  return { ...sample, tensors };
}
