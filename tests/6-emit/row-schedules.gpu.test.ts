import { describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import { call } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import type { LoopNest } from "../../compiler/ir/loop-nests.ts";
import type { ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { expectLikeInterpreter, seededRandom } from "../support/kernels/compare-kernel.ts";
import { prepareKernel, validationErrorOf } from "../support/kernels/run-kernel.ts";
import {
  at,
  layerNorm,
  load,
  randomElements,
  reduced,
  SampleBuilder,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import { onDevice } from "../support/on-device.ts";
import { testDrivers } from "../support/open-test-device.ts";

const lengths = [1, 7, 31, 33, 127, 129, 257];

/** Largest, smallest and sum of each row, in f32 and i32, over a grid of two axes. */
function extremes(rows: number, length: number): SampleKernel {
  const build = new SampleBuilder();
  const [r, c, d] = [build.axis(rows), build.axis(2), build.axis(length)];
  const x = build.tensor("input", [rows, 2, length]);
  const n = build.tensor("input", [length], "i32");
  const whole: Expr = { kind: "load", tensor: n, at: [at(d)], type: "i32" };
  const odd = call("bit_or", [whole, { kind: "constant", type: "i32", value: 1 }], "i32");
  const element = load(x, at(r), at(c), at(d));
  const outputs = (["f32", "f32", "i32", "i32"] as const).map((type) => ({
    type,
    tensor: build.tensor("output", [rows, 2], type),
  }));
  return build.done(
    `extremes ${rows}x2x${length}`,
    {
      kind: "row",
      grid: [r, c],
      lanes: [d],
      reductions: [
        { combine: "max", value: element, type: "f32" },
        { combine: "min", value: element, type: "f32" },
        { combine: "sum", value: whole, type: "i32" },
        { combine: "product", value: odd, type: "i32" },
      ],
    },
    outputs.map(({ tensor, type }, number) => ({
      tensor,
      at: [at(r), at(c)],
      value: { ...reduced(number), type } as Expr,
      perRow: true,
    })),
  );
}

/** The kernel in a workgroup of `size` per row, whatever the schedule thinks of its length. */
function inWorkgroups(sample: SampleKernel, profile: DeviceProfile, size: number): ScheduledKernel {
  const single = schedulesOf("row")
    .find(({ name }) => name === "row-invocation")
    ?.apply(sample.kernel, sample.tensors, profile, () => undefined);
  if (single === undefined || "because" in single || single.nest.kind !== "row-invocation") {
    throw new Error(`${sample.kernel.name} has no rows`);
  }
  const rows = sample.kernel.engine.kind === "row" ? sample.kernel.engine.grid : [];
  const count = rows.reduce((product, { extent }) => product * extent, 1);
  const nest: LoopNest = {
    kind: "row-workgroup",
    vector: single.nest.vector,
    groupsPerLine: Math.max(1, count),
  };
  const workgroups = [count, 1, 1] as const;
  return {
    ...single,
    nest,
    workgroupSize: size,
    workgroups,
    schedule: "row-workgroup",
    refusals: [],
  };
}

describe.each(testDrivers)("a workgroup per row on %s", (driver) => {
  const opened = onDevice(driver);
  for (const size of [64, 256]) {
    test(`norms by ${size} invocations`, async (context) => {
      const gpu = opened();
      if (gpu === undefined) return context.skip(`there is no ${driver}`);
      for (const length of [...lengths, 300, 1028]) {
        const sample = layerNorm(3, length);
        await expectLikeInterpreter(gpu, sample, inWorkgroups(sample, gpu.profile, size));
      }
    });
    test(`other reductions by ${size} invocations`, async (context) => {
      const gpu = opened();
      if (gpu === undefined) return context.skip(`there is no ${driver}`);
      for (const length of lengths) {
        const sample = extremes(3, length);
        await expectLikeInterpreter(gpu, sample, inWorkgroups(sample, gpu.profile, size));
      }
    });
  }
});

test("the same bits with index clamps and loop guards, and in every run", async (context) => {
  const [free, guarded] = [await openTestGpu(), await openTestGpu({ robust: true })];
  if (free === undefined || guarded === undefined) {
    console.log("skipped: robust rows, there is no WebGPU adapter");
    return context.skip("there is no WebGPU adapter");
  }
  for (const sample of [layerNorm(5, 257), layerNorm(2, 1028), extremes(3, 129)]) {
    const scheduled = inWorkgroups(sample, free.profile, 64);
    const first = await run(free, sample, scheduled);
    expect(await run(guarded, sample, scheduled), sample.kernel.name).toEqual(first);
    expect(await run(free, sample, scheduled), sample.kernel.name).toEqual(first);
  }
  free.device.destroy();
  guarded.device.destroy();
});

test("every text is valid", async () => {
  const gpu = await openTestGpu({ backend: "null" });
  if (gpu === undefined) throw new Error("Dawn has no null backend");
  let texts = 0;
  for (const lanes of [0, 4, 8, 16, 32, 64]) {
    const profile = { ...gpu.profile, subgroupSize: lanes, isSoftware: false };
    for (const sample of [layerNorm(3, 3200), layerNorm(3, 1027), extremes(2, 1024)]) {
      for (const { name, apply } of schedulesOf("row")) {
        const applied = apply(sample.kernel, sample.tensors, profile, () => undefined);
        if ("because" in applied) continue;
        const scheduled = { ...applied, schedule: name, refusals: [] };
        const emitted = emitKernel(scheduled, sample.tensors, () => undefined, profile);
        expect(await validationErrorOf(gpu, emitted)).toBeUndefined();
        texts++;
      }
    }
  }
  expect(texts).toBe(6 * 3 * 3 - 3);
  gpu.device.destroy();
});

/** The elements of every tensor that the kernel writes. */
async function run(
  gpu: TestGpu,
  sample: SampleKernel,
  scheduled: ScheduledKernel,
): Promise<readonly Float64Array[]> {
  const kernel = await prepareKernel(
    gpu,
    scheduled,
    sample.tensors,
    randomElements(sample, seededRandom(3)),
  );
  await kernel.run(1);
  const written = [...new Set(sample.kernel.stores.map((store) => store.tensor))];
  const results: Float64Array[] = [];
  for (const tensor of written) results.push(await kernel.read(tensor));
  kernel.dispose();
  return results;
}
