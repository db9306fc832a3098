import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { quantizeWeights } from "../../compiler/5-schedule/rewrite/quantize-weights.ts";
import type { Kernel } from "../../compiler/ir/kernel/kernel.ts";
import { expectLikeInterpreter, regardlessOfSize } from "../support/kernels/compare-kernel.ts";
import { passContext, programOf } from "../support/kernels/fuse-graph.ts";
import { richContraction } from "../support/kernels/sample-contractions.ts";
import { contraction, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { onDevice } from "../support/on-device.ts";
import { testDrivers } from "../support/open-test-device.ts";

/** The sample with its weights in few bits; every weight that can be is. */
function quantized(sample: SampleKernel, storage: "i8" | "i4"): SampleKernel {
  const program = programOf(sample.tensors, [sample.kernel]);
  const { tensors, kernels } = quantizeWeights.run(
    program,
    passContext({ maxStorageBuffersPerShaderStage: 16 }, { storage, group: 32 }),
  );
  expect(tensors.some((tensor) => tensor.storage === storage)).toBe(true);
  return { ...sample, kernel: kernels[0] as Kernel, tensors };
}

const samples = (storage: "i8" | "i4"): readonly SampleKernel[] =>
  [
    contraction(1, 64, 36),
    contraction(1, 1376, 40, { epilogue: true }),
    contraction(1, 96, 33),
    contraction(3, 352, 41),
    contraction(33, 160, 68),
    contraction(2, 64, 36, { batch: 3 }),
    richContraction(1, 128, 32, { products: 1 }),
    richContraction(5, 96, 44, { products: 3 }),
  ].map((sample) => quantized(sample, storage));

describe.each(testDrivers)("weights of few bits on %s", (driver) => {
  const opened = onDevice(driver);

  for (const storage of ["i8", "i4"] as const) {
    for (const schedule of schedulesOf("contract")) {
      if (schedule.name === "contract-subgroup-matrix") continue;
      test(`${storage} by ${schedule.name}`, async (context) => {
        const gpu = opened();
        if (gpu === undefined) return context.skip(`there is no ${driver}`);
        let compared = 0;
        for (const sample of samples(storage)) {
          const profile = regardlessOfSize(gpu.profile);
          const result = schedule.apply(sample.kernel, sample.tensors, profile, () => undefined);
          if ("because" in result) continue;
          const isTurned = result.packings.some(({ packing }) => packing.kind === "transposed");
          expect(isTurned).toBe(false);
          const scheduled = { ...result, schedule: schedule.name, refusals: [] };
          await expectLikeInterpreter(gpu, sample, scheduled);
          compared++;
        }
        expect(compared).toBeGreaterThan(0);
      });
    }
  }
});
