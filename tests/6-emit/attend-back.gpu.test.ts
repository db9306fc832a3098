import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  scheduledBy,
  seededRandom,
} from "../support/kernels/compare-kernel.ts";
import { validationErrorOf } from "../support/kernels/run-kernel.ts";
import { attentionOf, masks, scattered } from "../support/kernels/sample-attentions.ts";
import {
  attentionBackOf,
  logSumTensor,
  positionTensor,
} from "../support/kernels/sample-attentions-back.ts";
import { randomElements, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { onDevice } from "../support/on-device.ts";
import { testDrivers } from "../support/open-test-device.ts";

const sides = ["queries", "keys"] as const;
const lowest = -3.4028234663852886e38;

/** Every kind of kernel, as small as shows it; the first three queries of a shifted mask see nothing. */
const samples: Readonly<Record<string, (side: (typeof sides)[number]) => SampleKernel>> = {
  "a causal mask and odd widths": (side) =>
    attentionBackOf(side, { queries: 17, keys: 33, inner: 5, columns: 7 }, masks.causal),
  "grouped heads and rows that see nothing": (side) =>
    attentionBackOf(
      side,
      { batch: 2, heads: 1, group: 2, queries: 37, keys: 19, inner: 36 },
      masks["three behind"],
    ),
  "what is added, a cap and many keys": (side) =>
    attentionBackOf(side, {
      heads: 1,
      queries: 5,
      keys: 197,
      columns: 40,
      isBiased: true,
      cap: 1.5,
    }),
};

/** The kernel with the smallest tiles: a software device takes seconds to compile large ones. */
function fewRows(name: string, sample: SampleKernel, profile: DeviceProfile): ScheduledKernel {
  const schedule = schedulesOf("attend-back").find((entry) => entry.name === name);
  const result = schedule?.apply(sample.kernel, sample.tensors, profile, () => undefined, {
    rows: 4,
  });
  if (result === undefined || "because" in result) throw new Error(`${name} refuses`);
  return { ...result, schedule: name, refusals: [] };
}

/** Random elements, the sums of the first three rows of each head as those of rows that see nothing. */
function elementsOf(sample: SampleKernel): Map<number, Float64Array> {
  const given = randomElements(sample, seededRandom(11));
  const queries = sample.tensors[logSumTensor]?.shape.at(-1) ?? 1;
  const sums = given.get(logSumTensor) ?? new Float64Array();
  for (const n of sums.keys()) if (n % queries < Math.min(3, queries - 1)) sums[n] = lowest;
  return given.set(positionTensor, Float64Array.of(20));
}

describe.each(testDrivers)("the way back of attention on %s", (driver) => {
  const opened = onDevice(driver);
  for (const { name } of schedulesOf("attend-back")) {
    for (const [what, make] of Object.entries(samples)) {
      test(`${name}: ${what}`, async (context) => {
        const gpu = opened();
        if (gpu === undefined) return context.skip(`there is no ${driver}`);
        for (const side of sides) {
          const sample = make(side);
          const isMasked = what.startsWith("grouped") || what.startsWith("what");
          const given = isMasked ? elementsOf(sample) : undefined;
          const scheduled = fewRows(name, sample, regardlessOfSize(gpu.profile));
          await expectLikeInterpreter(gpu, sample, scheduled, given && { given });
        }
      });
    }
  }

  for (const name of ["attend-tiled", "attend-broadcast", "attend-direct"]) {
    test(`${name} stores the sums of rows too`, async (context) => {
      const gpu = opened();
      if (gpu === undefined) return context.skip(`there is no ${driver}`);
      const sample = attentionOf({ queries: 19, keys: 37, hasLogSum: true }, masks["three behind"]);
      const scheduled = scheduledBy(name, sample, regardlessOfSize(gpu.profile));
      await expectLikeInterpreter(gpu, sample, scheduled);
    });
  }
});

/** Dawn without a device checks every text for widths that no device here has. */
test("every text is valid", async () => {
  const gpu = await openTestGpu({ backend: "null" });
  if (gpu === undefined) throw new Error("Dawn has no null backend");
  let texts = 0;
  for (const lanes of [4, 16, 32, 64]) {
    const profile = { ...gpu.profile, subgroupSize: lanes };
    for (const side of sides) {
      for (const sample of [
        attentionBackOf(side, { queries: 129, keys: 257, inner: 64, columns: 13 }, scattered),
        attentionBackOf(side, { queries: 64, keys: 64, inner: 128 }),
      ]) {
        const scheduled: ScheduledKernel = scheduledBy("attend-back-broadcast", sample, profile);
        const emitted = emitKernel(scheduled, sample.tensors, () => undefined, profile);
        expect(await validationErrorOf(gpu, emitted)).toBeUndefined();
        texts++;
      }
    }
  }
  expect(texts).toBe(16);
  gpu.device.destroy();
});
