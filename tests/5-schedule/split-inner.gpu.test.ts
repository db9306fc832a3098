import { describe, expect, test } from "vitest";
import { scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import { splitInner } from "../../compiler/5-schedule/rewrite/split-inner.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import { interpretKernels } from "../../compiler/ir/kernel/interpret-kernel.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { tensorsOfKernel } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { relativeError, seededRandom, tolerances } from "../support/kernels/compare-kernel.ts";
import { passContext } from "../support/kernels/fuse-graph.ts";
import { prepareKernel } from "../support/kernels/run-kernel.ts";
import { richContraction } from "../support/kernels/sample-contractions.ts";
import {
  contraction,
  patchEmbedding,
  randomElements,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import { graphics, software } from "../support/profiles.ts";

const programOf = ({ kernel, tensors }: SampleKernel): KernelProgram => {
  return { tensors, kernels: [kernel], steps: [] };
};
const kernelsOf = (sample: SampleKernel, profile: DeviceProfile) =>
  splitInner.run(programOf(sample), passContext(profile)).kernels;

const samples: Readonly<Record<string, () => SampleKernel>> = {
  "few tiles": () => contraction(33, 4096, 40, { epilogue: true }),
  "a vector, few columns": () => contraction(1, 4096, 24, { epilogue: true }),
  "a batch": () => contraction(7, 2560, 9, { epilogue: true, batch: 2 }),
  "two products, two results": () => richContraction(9, 2304, 12, { statistics: false }),
  "several inner axes": () => patchEmbedding(64, 32, 12, 1),
};

describe("long sums of few results", () => {
  test.each(Object.entries(samples))("%s: two kernels that mean the same", (_, make) => {
    const sample = make();
    const split = splitInner.run(programOf(sample), passContext(graphics));
    expect(split.kernels.map(({ engine }) => engine.kind)).toEqual(["contract", "map"]);
    verifyKernels(split, "split-inner");
    const given = randomElements(sample, seededRandom(5));
    const wanted = interpretKernels(programOf(sample), given);
    const found = interpretKernels(split, given);
    for (const { tensor } of sample.kernel.stores) {
      const [one = new Float64Array(), other = new Float64Array()] = [
        wanted.get(tensor),
        found.get(tensor),
      ];
      expect(relativeError(other, one)).toBeLessThan(1e-12);
    }
  });

  test("are cut only where that pays, and where they can be", () => {
    const count = (m: number, k: number, n: number, profile: DeviceProfile): number =>
      kernelsOf(contraction(m, k, n), profile).length;
    expect(count(257, 3200, 9600, graphics)).toBe(1);
    expect(count(33, 1024, 40, graphics)).toBe(1);
    expect(count(33, 4099, 40, graphics)).toBe(1);
    expect(count(33, 4096, 40, graphics)).toBe(2);
    expect(count(1, 4096, 4096, graphics)).toBe(1);
    expect(count(33, 4096, 40, software)).toBe(1);
    expect(count(33, 4096, 40, portableProfile)).toBe(1);
    expect(count(1, 65536, 4, software)).toBe(2);
    expect(kernelsOf(richContraction(9, 2304, 12), graphics).length).toBe(1);
    expect(count(33, 4096, 40, { ...graphics, maxStorageBuffersPerShaderStage: 2 })).toBe(1);
    expect(count(33, 4096, 40, { ...graphics, maxStorageBufferBindingSize: 4096 })).toBe(1);
  });

  test.each(Object.entries(samples))("%s: the same bits in every run", async (_, make) => {
    const gpu = await openTestGpu();
    if (gpu === undefined) {
      console.log("skipped: cut sums on a device, there is no WebGPU adapter");
      return;
    }
    const sample = make();
    const split = splitInner.run(
      programOf(sample),
      passContext({ ...gpu.profile, isSoftware: false }),
    );
    const given = randomElements(sample, seededRandom(5));
    const wanted = interpretKernels(programOf(sample), given);
    const first = await run(gpu, split, given);
    const second = await run(gpu, split, given);
    for (const { tensor } of sample.kernel.stores) {
      const found = first.get(tensor) ?? new Float64Array();
      expect(relativeError(found, wanted.get(tensor) ?? new Float64Array())).toBeLessThan(
        tolerances.f32,
      );
      expect(second.get(tensor)).toEqual(found);
    }
    gpu.device.destroy();
  });
});

/** The kernels one after the other, each with what those before it have written. */
async function run(
  gpu: TestGpu,
  program: KernelProgram,
  given: ReadonlyMap<number, Float64Array>,
): Promise<ReadonlyMap<number, Float64Array>> {
  const known = new Map(given);
  for (const kernel of program.kernels) {
    const profile = { ...gpu.profile, isSoftware: false };
    const scheduled = scheduleKernel(kernel, program.tensors, profile, () => undefined);
    const read = new Map([...known].filter(([id]) => tensorsOfKernel(kernel).includes(id)));
    const prepared = await prepareKernel(gpu, scheduled, program.tensors, read);
    await prepared.run(1);
    for (const { tensor } of kernel.stores) known.set(tensor, await prepared.read(tensor));
    prepared.dispose();
  }
  return known;
}
