import { afterAll, beforeAll, describe, test } from "vitest";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  scheduledBy,
} from "../support/kernels/compare-kernel.ts";
import {
  attention,
  contraction,
  layerNorm,
  patchEmbedding,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";

let gpu: TestGpu | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
  if (gpu === undefined) console.log("skipped: kernels on a device, there is no WebGPU adapter");
});
afterAll(() => gpu?.device.destroy());

/** One test of a sample under a schedule; skipped where the device lacks what the schedule needs. */
function compare(schedule: string, name: string, make: () => SampleKernel): void {
  test(`${name} by ${schedule}`, async (context) => {
    if (gpu === undefined) return context.skip("there is no WebGPU adapter");
    const needsSubgroups = schedule.endsWith("broadcast") || schedule.endsWith("subgroup");
    if (needsSubgroups && gpu.profile.subgroupSize === 0) {
      console.log(`skipped: ${name} by ${schedule}, the device has no subgroups of a fixed size`);
      return context.skip("no subgroups of a fixed size");
    }
    const sample = make();
    const needsF16 = sample.tensors.some(
      ({ storage, role }) => storage === "f16" && role === "output",
    );
    if (needsF16 && !gpu.profile.hasF16) {
      console.log(`skipped: ${name} by ${schedule}, the device has no f16`);
      return context.skip("no f16");
    }
    const scheduled = scheduledBy(schedule, sample, regardlessOfSize(gpu.profile));
    await expectLikeInterpreter(gpu, sample, scheduled);
  });
}

describe("contractions", () => {
  const shapes = [
    [1, 1, 1],
    [1, 7, 33],
    [7, 31, 127],
    [31, 1, 129],
    [33, 33, 33],
    [127, 129, 31],
    [129, 127, 257],
    [257, 64, 96],
    [17, 36, 40],
  ] as const;
  for (const [m, k, n] of shapes) {
    for (const storage of ["f32", "f16"] as const) {
      const name = `${m}x${k}x${n} ${storage}`;
      compare("contract-direct", name, () => contraction(m, k, n, { storage, epilogue: true }));
      if (n >= 32)
        compare("contract-broadcast", name, () =>
          contraction(m, k, n, { storage, epilogue: true }),
        );
    }
  }
  for (const rightRole of ["parameter", "input"] as const) {
    for (const right of ["by-column", "by-inner"] as const) {
      for (const [m, k, n] of [
        [19, 37, 41],
        [33, 40, 44],
      ] as const) {
        const name = `${m}x${k}x${n}, ${rightRole} ${right}, batch 3`;
        const make = () => contraction(m, k, n, { right, rightRole, batch: 3 });
        compare("contract-direct", name, make);
        compare("contract-broadcast", name, make);
      }
    }
  }
  for (const schedule of ["contract-direct", "contract-broadcast"]) {
    compare(schedule, "patches of 14", () => patchEmbedding(42, 14, 36, 2));
    compare(schedule, "patches of 8", () => patchEmbedding(24, 8, 64, 1));
    compare(schedule, "patches of 5", () => patchEmbedding(15, 5, 33, 1));
  }
});

describe("attention", () => {
  const shapes = [
    [1, 1, 1, 1],
    [1, 2, 7, 5],
    [2, 3, 33, 16],
    [1, 2, 41, 31],
    [1, 1, 50, 72],
  ] as const;
  for (const [batch, heads, tokens, width] of shapes) {
    const name = `${batch}x${heads}x${tokens}x${width}`;
    for (const schedule of ["attend-direct", "attend-broadcast"]) {
      compare(schedule, name, () => attention(batch, heads, tokens, width));
    }
  }
  for (const schedule of ["attend-direct", "attend-broadcast"]) {
    for (const mask of ["causal", "some", "all"] as const) {
      compare(schedule, `mask ${mask}`, () => attention(1, 2, 37, 12, { mask }));
    }
    compare(schedule, "keys of another count", () => attention(2, 1, 9, 8, { keys: 70 }));
    compare(schedule, "f16", () => attention(1, 2, 37, 16, { storage: "f16" }));
  }
});

describe("rows", () => {
  for (const storage of ["f32", "f16"] as const) {
    for (const [rows, width] of [
      [1, 1],
      [3, 7],
      [31, 33],
      [9, 64],
      [129, 127],
    ] as const) {
      const make = () => layerNorm(rows, width, storage);
      compare("row-invocation", `${rows}x${width} ${storage}`, make);
    }
    // Long enough for subgroups of 64.
    for (const [rows, width] of [
      [1, 257],
      [31, 300],
      [5, 1028],
    ] as const) {
      compare("row-subgroup", `${rows}x${width} ${storage}`, () => layerNorm(rows, width, storage));
    }
  }
});
