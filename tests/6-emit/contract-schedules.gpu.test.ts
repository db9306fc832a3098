import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import type { ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  scheduledBy,
  seededRandom,
} from "../support/kernels/compare-kernel.ts";
import { prepareKernel } from "../support/kernels/run-kernel.ts";
import {
  edgeSamples,
  edgeSizes,
  manyTiles,
  richSamples,
} from "../support/kernels/sample-contractions.ts";
import {
  contraction,
  patchEmbedding,
  randomElements,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import { onDevice } from "../support/on-device.ts";
import { testDrivers } from "../support/open-test-device.ts";
import { software } from "../support/profiles.ts";

/** Schedules that software devices can run; the others are checked without being run. */
const runnable = schedulesOf("contract").filter(({ name }) => name !== "contract-subgroup-matrix");

const samples: Readonly<Record<string, () => readonly SampleKernel[]>> = {
  "sizes around the edges": () => edgeSamples(),
  "f16, sizes around the edges": () => edgeSamples(edgeSizes.slice(0, 3), { storage: "f16" }),
  "many tiles": manyTiles,
  "weights by inner position": () => [
    contraction(37, 65, 44, { right: "by-inner" }),
    contraction(2, 65, 41, { right: "by-inner", rightRole: "input" }),
  ],
  // Whole tiles and not, tiles of few rows, sums that are no whole number of fours, rows that are none either.
  "activations turned on the left": () => [
    contraction(32, 68, 40, { left: "by-inner", rightRole: "input", right: "by-inner" }),
    contraction(36, 41, 65, { left: "by-inner", rightRole: "input", batch: 3 }),
    contraction(8, 20, 40, { left: "by-inner" }),
    contraction(4, 7, 40, { left: "by-inner" }),
    contraction(37, 24, 40, { left: "by-inner" }),
    contraction(2, 64, 40, { left: "by-inner" }),
  ],
  "activations on both sides, batches": () => [
    contraction(33, 40, 68, { rightRole: "input", batch: 3 }),
    contraction(3, 40, 68, { rightRole: "input", batch: 3 }),
  ],
  patches: () => [patchEmbedding(28, 14, 36, 2), patchEmbedding(15, 5, 33, 1)],
  "several products, statistics and results": richSamples,
};

/** `undefined`: the schedule does not take this kernel, however large the device thinks it is. */
function applied(gpu: TestGpu, name: string, sample: SampleKernel): ScheduledKernel | undefined {
  const schedule = runnable.find((entry) => entry.name === name);
  const profile = regardlessOfSize(gpu.profile);
  const result = schedule?.apply(sample.kernel, sample.tensors, profile, () => undefined);
  if (result === undefined || "because" in result) return undefined;
  return { ...result, schedule: name, refusals: [] };
}

describe.each(testDrivers)("contractions on %s", (driver) => {
  const opened = onDevice(driver);
  for (const { name } of runnable) {
    for (const [what, make] of Object.entries(samples)) {
      // SwiftShader takes long over barriers: there a part of the samples must do.
      const isSlow = driver === "swiftshader" && name === "contract-tiled";
      // Only tiles depend on how many there are.
      if (what === "many tiles" && (isSlow || name !== "contract-tiled")) continue;
      test(`${name}: ${what}`, async (context) => {
        const gpu = opened();
        if (gpu === undefined) return context.skip(`there is no ${driver}`);
        if (what.startsWith("f16") && !gpu.profile.hasF16) {
          console.log(`skipped: ${name} with f16, ${driver} has none`);
          return context.skip("no f16");
        }
        const all = isSlow ? make().slice(0, 5) : make();
        let compared = 0;
        for (const sample of all) {
          const scheduled = applied(gpu, name, sample);
          if (scheduled === undefined) continue;
          if (!scheduled.workgroups.includes(0))
            await expectLikeInterpreter(gpu, sample, scheduled);
          compared++;
        }
        // Each kind of kernel has one that the schedule takes; few rows are not for all of them.
        if (name !== "contract-vector" || what !== "patches") expect(compared).toBeGreaterThan(0);
      });
    }
  }
});

test("a turned left operand takes as few loads as one by row", () => {
  const profile = regardlessOfSize(software);
  const loads = (left: "by-row" | "by-inner"): number => {
    const sample = contraction(32, 68, 40, { left, right: "by-inner", rightRole: "input" });
    const scheduled = scheduledBy("contract-broadcast", sample, profile);
    const { wgsl } = emitKernel(scheduled, sample.tensors, () => undefined, profile);
    return wgsl.split("t0[").length - 1;
  };
  expect(loads("by-inner")).toBe(2);
  expect(loads("by-row")).toBe(2);
});

test("the same bits with index clamps and loop guards", async (context) => {
  const [free, guarded] = [await openTestGpu(), await openTestGpu({ robust: true })];
  if (free === undefined || guarded === undefined) {
    console.log("skipped: robust contractions, there is no WebGPU adapter");
    return context.skip("there is no WebGPU adapter");
  }
  for (const sample of [...edgeSamples(edgeSizes.slice(1, 4)), ...richSamples().slice(1, 4)]) {
    for (const { name } of runnable) {
      const scheduled = applied(free, name, sample);
      if (scheduled === undefined || scheduled.workgroups.includes(0)) continue;
      const [one, other] = [
        await run(free, sample, scheduled),
        await run(guarded, sample, scheduled),
      ];
      expect(one, `${sample.kernel.name} by ${name}`).toEqual(other);
    }
  }
  free.device.destroy();
  guarded.device.destroy();
});

test("a long sum that begins with a large term is as exact as its terms", async (context) => {
  const gpu = await openTestGpu();
  if (gpu === undefined) {
    console.log("skipped: long sums, there is no WebGPU adapter");
    return context.skip("there is no WebGPU adapter");
  }
  const [rows, inner, columns] = [17, 40_003, 18];
  const sample = contraction(rows, inner, columns);
  const random = seededRandom(5);
  const lines = (count: number): Float64Array =>
    Float64Array.from({ length: count * inner }, (_, n) =>
      n % inner === 0 ? 1 : Math.fround((random() - 0.5) / 16),
    );
  const [left, right] = [lines(rows), lines(columns)];
  const given = new Map([
    ...randomElements(sample, random),
    [0, left] as const,
    [1, right] as const,
  ]);
  const exact = (row: number, column: number): number =>
    left
      .subarray(row * inner, (row + 1) * inner)
      .reduce((sum, x, k) => sum + x * (right[column * inner + k] ?? 0), 0);
  for (const name of ["contract-broadcast", "contract-tiled"]) {
    const scheduled = applied(gpu, name, sample);
    if (scheduled === undefined) throw new Error(`${name} does not take it`);
    const [found] = await run(gpu, sample, scheduled, given);
    const wanted = Float64Array.from({ length: rows * columns }, (_, n) =>
      exact(Math.floor(n / columns), n % columns),
    );
    // Added one after the other, its terms miss by 5e-6.
    expect(relativeError(found ?? [], wanted), name).toBeLessThan(1e-6);
  }
  gpu.device.destroy();
});

/** The elements of every tensor that the kernel writes. */
async function run(
  gpu: TestGpu,
  sample: SampleKernel,
  scheduled: ScheduledKernel,
  given = randomElements(sample, seededRandom(3)),
): Promise<readonly Float64Array[]> {
  const kernel = await prepareKernel(gpu, scheduled, sample.tensors, given);
  await kernel.run(1);
  const written = [...new Set(sample.kernel.stores.map((store) => store.tensor))];
  const results: Float64Array[] = [];
  for (const tensor of written) results.push(await kernel.read(tensor));
  kernel.dispose();
  return results;
}
