import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import { boolConstant } from "../../compiler/ir/expr/expr.ts";
import { interpretKernels } from "../../compiler/ir/kernel/interpret-kernel.ts";
import type { ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  seededRandom,
} from "../support/kernels/compare-kernel.ts";
import { programOf } from "../support/kernels/fuse-graph.ts";
import { prepareKernel, validationErrorOf } from "../support/kernels/run-kernel.ts";
import {
  attentionOf,
  attentionTensors,
  edges,
  masks,
  scattered,
  withHiddenEnd,
} from "../support/kernels/sample-attentions.ts";
import { randomElements, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { onDevice } from "../support/on-device.ts";
import { testDrivers } from "../support/open-test-device.ts";

/** Every kind of kernel, as small as shows it: a software device takes a second to compile some. */
const samples: Readonly<Record<string, () => readonly SampleKernel[]>> = {
  "one query": () => edges.map((keys) => attentionOf({ heads: 1, queries: 1, keys })),
  "few queries": () => [
    attentionOf({ queries: 3, keys: 129, inner: 7, columns: 13 }, masks.causal),
    attentionOf({ batch: 2, queries: 4, keys: 70, inner: 40, columns: 9 }),
  ],
  "as many queries as keys": () =>
    edges.map((size) => attentionOf({ heads: 1, queries: size, keys: size, inner: 4 })),
  "other keys than queries": () => [
    attentionOf({ queries: 33, keys: 31, inner: 5, columns: 7 }),
    attentionOf({ batch: 2, heads: 1, queries: 9, keys: 65, inner: 68, columns: 36 }),
  ],
  masks: () => [
    attentionOf({ queries: 21, keys: 75, inner: 12 }, masks["three behind"]),
    attentionOf({ queries: 5, keys: 75, inner: 12 }, masks["a length and a choice"]),
    attentionOf({ queries: 5, keys: 40 }, () => boolConstant(false)),
    attentionOf({ queries: 3, keys: 300, inner: 12 }, masks["three behind"]),
    attentionOf({ queries: 1, keys: 300, inner: 12 }, masks.cached),
    attentionOf({ queries: 2, keys: 50 }, scattered),
    attentionOf({ queries: 1, keys: 40 }, () => boolConstant(false)),
  ],
  "what is added, and caps": () => [
    attentionOf({ queries: 5, keys: 75, inner: 12, isBiased: true }),
    attentionOf({ queries: 2, keys: 50, isBiased: true, cap: 1.5 }, scattered),
  ],
};

/** `undefined`: the schedule does not take this kernel, however large the device thinks it is. */
function applied(
  name: string,
  sample: SampleKernel,
  profile: DeviceProfile,
): ScheduledKernel | undefined {
  const schedule = schedulesOf("attend").find((entry) => entry.name === name);
  const large = regardlessOfSize(profile);
  const result = schedule?.apply(sample.kernel, sample.tensors, large, () => undefined);
  if (result === undefined || "because" in result) return undefined;
  return { ...result, schedule: name, refusals: [] };
}

describe.each(testDrivers)("attention on %s", (driver) => {
  const opened = onDevice(driver);
  for (const { name } of schedulesOf("attend")) {
    test(`${name}: NaN in a key that a query sees`, async (context) => {
      const gpu = opened();
      if (gpu === undefined) return context.skip(`there is no ${driver}`);
      const sample = attentionOf({ queries: fewestOf(name), keys: 40 }, masks.causal);
      const scheduled = applied(name, sample, gpu.profile);
      if (scheduled === undefined) throw new Error(`${name} refuses`);
      const given = elementsOf(sample);
      // Key 2 of the second head: 16 numbers a key.
      given.get(attentionTensors.key)?.fill(Number.NaN, 2 * 16 + 8, 3 * 16);
      const found = await run(gpu, sample, scheduled, given);
      const program = programOf(sample.tensors, [sample.kernel]);
      const wanted = interpretKernels(program, given).get(attentionTensors.result);
      expect([...found].map(Number.isNaN)).toEqual([...(wanted ?? [])].map(Number.isNaN));
      expect(found.some(Number.isNaN)).toBe(true);
    });

    for (const [what, make] of Object.entries(samples)) {
      test(`${name}: ${what}`, async (context) => {
        const gpu = opened();
        if (gpu === undefined) return context.skip(`there is no ${driver}`);
        let compared = 0;
        for (const sample of make()) {
          const scheduled = applied(name, sample, gpu.profile);
          if (scheduled === undefined) continue;
          await expectLikeInterpreter(gpu, sample, scheduled, { given: elementsOf(sample) });
          compared++;
        }
        expect(compared > 0).toBe(isTaken(name, what));
      });
    }
  }
});

/** Each schedule has kinds of kernels that it leaves to others. */
function isTaken(name: string, what: string): boolean {
  if (name === "attend-tiled") return what !== "one query" && what !== "few queries";
  const isForFew = name === "attend-few" || name === "attend-split";
  const hasFew = ["one query", "few queries", "masks", "what is added, and caps"].includes(what);
  if (!isForFew || hasFew) return true;
  return name === "attend-few" && what === "as many queries as keys";
}

describe("masked tiles of keys", () => {
  let gpu: TestGpu | undefined;
  beforeAll(async () => {
    gpu = await openTestGpu();
    if (gpu === undefined) console.log("skipped: masked tiles, there is no WebGPU adapter");
  });
  afterAll(() => gpu?.device.destroy());
  for (const { name } of schedulesOf("attend")) {
    test(`${name}: the same bits as without skipping`, async (context) => {
      if (gpu === undefined) return context.skip("there is no WebGPU adapter");
      const { profile } = gpu;
      for (const mask of [masks["three behind"], masks.cached, masks["a length and a choice"]]) {
        const sample = attentionOf({ queries: fewestOf(name), keys: 300, inner: 12 }, mask);
        const skipping = applied(name, sample, profile);
        const whole = applied(name, withHiddenEnd(sample), profile);
        if (skipping === undefined || whole === undefined) throw new Error(`${name} refuses`);
        const given = elementsOf(sample);
        expect(await run(gpu, sample, skipping, given)).toEqual(
          await run(gpu, sample, whole, given),
        );
      }
    });

    test(`${name}: what lies beyond is not read`, async (context) => {
      if (gpu === undefined) return context.skip("there is no WebGPU adapter");
      const sample = attentionOf({ queries: fewestOf(name), keys: 2048, inner: 12 }, masks.cached);
      const scheduled = applied(name, sample, gpu.profile);
      if (scheduled === undefined) throw new Error(`${name} refuses ${sample.kernel.name}`);
      const given = elementsOf(sample);
      const wanted = await run(gpu, sample, scheduled, given);
      // The position is 20; the largest tile has 256 keys of 24 numbers.
      for (const tensor of [attentionTensors.key, attentionTensors.value]) {
        given.get(tensor)?.fill(Number.NaN, 256 * 24);
      }
      expect(wanted.every(Number.isFinite)).toBe(true);
      expect(await run(gpu, sample, scheduled, given)).toEqual(wanted);
    });
  }
});

/** As few queries as the schedule takes: large tiles take a software device seconds to compile. */
function fewestOf(name: string): number {
  return name === "attend-tiled" ? 9 : 3;
}

describe("the same bits with index clamps and loop guards", () => {
  for (const { name } of schedulesOf("attend")) {
    test(name, async (context) => {
      const [free, guarded] = [await openTestGpu(), await openTestGpu({ robust: true })];
      if (free === undefined || guarded === undefined) {
        console.log("skipped: robust attention, there is no WebGPU adapter");
        return context.skip("there is no WebGPU adapter");
      }
      const queries = fewestOf(name);
      for (const sample of [
        attentionOf({ queries, keys: 129, inner: 13, columns: 9 }, masks.cached),
        attentionOf({ queries, keys: 33, inner: 12, columns: 36 }, scattered),
      ]) {
        const scheduled = applied(name, sample, free.profile);
        if (scheduled === undefined) throw new Error(`${name} refuses ${sample.kernel.name}`);
        const given = elementsOf(sample);
        expect(await run(free, sample, scheduled, given)).toEqual(
          await run(guarded, sample, scheduled, given),
        );
      }
      free.device.destroy();
      guarded.device.destroy();
    });
  }
});

test("without queries or batch nothing is dispatched; without keys there is a schedule", () => {
  const profile = { ...portableProfile, subgroupSize: 8 };
  for (const { name } of schedulesOf("attend")) {
    for (const shape of [
      { queries: 0, keys: 7 },
      { queries: 3, keys: 70, batch: 0 },
    ]) {
      const scheduled = applied(name, attentionOf(shape), profile);
      if (scheduled !== undefined) expect(scheduled.workgroups).toContain(0);
    }
    const noKeys = applied(name, attentionOf({ queries: 7, keys: 0 }), profile);
    expect(noKeys !== undefined, name).toBe(name === "attend-direct");
  }
});

/** Dawn without a device checks every text for widths that no device here has. */
test("every text is valid", async () => {
  const gpu = await openTestGpu({ backend: "null" });
  if (gpu === undefined) throw new Error("Dawn has no null backend");
  let texts = 0;
  for (const lanes of [0, 4, 8, 16, 32, 64]) {
    const profile = { ...gpu.profile, subgroupSize: lanes };
    for (const sample of [
      attentionOf({ queries: 1, keys: 129, inner: 13 }, masks.cached),
      attentionOf({ queries: 4, keys: 257, inner: 64 }),
      attentionOf({ queries: 33, keys: 31, inner: 128 }, masks.causal),
      attentionOf({ queries: 257, keys: 257, inner: 24, columns: 9 }, scattered),
    ]) {
      for (const { name } of schedulesOf("attend")) {
        const scheduled = applied(name, sample, profile);
        if (scheduled === undefined) continue;
        const emitted = emitKernel(scheduled, sample.tensors, () => undefined, profile);
        expect(await validationErrorOf(gpu, emitted)).toBeUndefined();
        texts++;
      }
    }
  }
  expect(texts).toBeGreaterThanOrEqual(50);
  gpu.device.destroy();
});

/** Random elements, and 20 for the position. */
function elementsOf(sample: SampleKernel): Map<number, Float64Array> {
  const given = randomElements(sample, seededRandom(11));
  return given.set(attentionTensors.position, Float64Array.of(20));
}

async function run(
  gpu: TestGpu,
  sample: SampleKernel,
  scheduled: ScheduledKernel,
  given: ReadonlyMap<number, Float64Array>,
): Promise<Float64Array> {
  const kernel = await prepareKernel(gpu, scheduled, sample.tensors, given);
  await kernel.run(1);
  const result = await kernel.read(attentionTensors.result);
  kernel.dispose();
  return result;
}
