import { describe, expect, test } from "vitest";
import { contractSubgroupMatrix } from "../../compiler/5-schedule/schedules/contract-subgroup-matrix.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import type { DeviceProfile, SubgroupMatrix } from "../../compiler/ir/device-profile.ts";
import type { Schedule, ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { openTestGpu } from "../support/gpu.ts";
import { expectLikeInterpreter } from "../support/kernels/compare-kernel.ts";
import { emulateMatrices } from "../support/kernels/emulate-matrices.ts";
import { validationErrorOf } from "../support/kernels/run-kernel.ts";
import { richContraction } from "../support/kernels/sample-contractions.ts";
import { contraction, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { graphics } from "../support/profiles.ts";

const matrix = (
  rows: number,
  columns: number,
  inner: number,
  operand: SubgroupMatrix["operand"] = "f16",
  result: SubgroupMatrix["result"] = "f32",
): SubgroupMatrix => ({ rows, columns, inner, operand, result });

const withMatrices = (...subgroupMatrices: SubgroupMatrix[]): DeviceProfile => ({
  ...graphics,
  subgroupMatrices,
});

/** As devices list them: NVIDIA and AMD, Intel, Apple. */
const listed: Readonly<Record<string, DeviceProfile>> = {
  "16 x 16 x 16": withMatrices(matrix(16, 16, 16)),
  "16 x 8 x 16": withMatrices(matrix(16, 8, 16)),
  "8 x 16 x 16": withMatrices(matrix(8, 16, 16)),
  "8 x 8 x 8 of f32": withMatrices(matrix(8, 8, 8, "f32")),
  "16 x 16 x 16, 64 lanes": { ...withMatrices(matrix(16, 16, 16)), subgroupSize: 64 },
};

const samples: readonly (() => SampleKernel)[] = [
  () => contraction(33, 40, 70, { storage: "f16", epilogue: true }),
  () => contraction(70, 33, 35, { storage: "f16", epilogue: true, batch: 2 }),
  () => contraction(65, 64, 64, { storage: "f16", right: "by-inner" }),
  () => halfRich(),
];

/** Two products, statistics of rows and two results, all of operands that are stored in f16. */
function halfRich(): SampleKernel {
  const sample = richContraction(20, 36, 24);
  const { engine, stores } = sample.kernel;
  if (engine.kind !== "contract" || engine.left.kind !== "call")
    throw new Error("a product is expected");
  const [left = engine.left] = engine.left.args;
  const tensors = sample.tensors.map((tensor) => ({ ...tensor, storage: "f16" as const }));
  const plain = left.kind === "call" ? { ...left, args: [left.args[0] ?? left, zero] } : left;
  return {
    ...sample,
    tensors,
    kernel: { ...sample.kernel, engine: { ...engine, left: plain }, stores },
  };
}
const zero = { kind: "constant", type: "f32", value: 0 } as const;

const matrices: Schedule = contractSubgroupMatrix;

function scheduled(sample: SampleKernel, profile: DeviceProfile): ScheduledKernel {
  const result = matrices.apply(sample.kernel, sample.tensors, profile, () => undefined);
  if ("because" in result) throw new Error(result.because);
  return { ...result, schedule: contractSubgroupMatrix.name, refusals: [] };
}

describe("products by matrices of the device", () => {
  test.each(Object.entries(listed))("%s: the text is valid", async (_, profile) => {
    const gpu = await openTestGpu({ backend: "null" });
    if (gpu === undefined) throw new Error("Dawn has no null backend");
    let checked = 0;
    for (const make of samples) {
      const sample = make();
      const kernel = scheduled(sample, profile);
      // Workgroups must be multiples of the largest subgroup, which has 128 lanes on the null backend.
      if (kernel.workgroupSize % 128 !== 0) continue;
      const emitted = emitKernel(kernel, sample.tensors, () => undefined, profile);
      expect(emitted.features).toContain("chromium-experimental-subgroup-matrix");
      expect(await validationErrorOf(gpu, emitted)).toBeUndefined();
      checked++;
    }
    expect(checked).toBeGreaterThan(0);
    gpu.device.destroy();
  });

  // SwiftShader compiles the emulation in a fraction of the time that Mesa's driver takes. It has no f16,
  // which changes nothing but the type of the tiles.
  test.each([
    [16, 16, 16, 32],
    [8, 16, 16, 16],
    [8, 8, 8, 32],
  ] as const)(
    "%d x %d x %d, %d lanes: everything around the matrices is right",
    async (m, n, k, lanes) => {
      const device = await openTestDevice("swiftshader");
      if (device === undefined) return;
      const gpu = { device: device.gpu, profile: deviceProfile(device), instance: device.instance };
      const shape = matrix(m, n, k, "f32");
      const profile = {
        ...withMatrices(shape),
        subgroupSize: lanes,
        maxComputeWorkgroupStorageSize: gpu.profile.maxComputeWorkgroupStorageSize,
      };
      for (const sample of [
        contraction(70, 33, 67, { epilogue: true, batch: 2 }),
        richContraction(20, 36, 24),
      ]) {
        await expectLikeInterpreter(gpu, sample, scheduled(sample, profile), {
          rewrite: (emitted) => emulateMatrices(emitted, lanes, shape),
        });
      }
      device.dispose();
    },
  );

  test("are taken where they fit, sums in f32 and operands in f16", () => {
    const because = (sample: SampleKernel, profile: DeviceProfile): string => {
      const result = matrices.apply(sample.kernel, sample.tensors, profile, () => undefined);
      return "because" in result ? result.because : "taken";
    };
    const half = contraction(257, 3200, 9600, { storage: "f16" });
    const full = contraction(257, 3200, 9600);
    const [f16, f32] = [withMatrices(matrix(16, 16, 16)), withMatrices(matrix(8, 8, 8, "f32"))];
    expect(because(half, f16)).toBe("taken");
    expect(because(full, f16)).toBe("its operands are not stored in f16");
    expect(because(full, f32)).toBe("taken");
    expect(because(half, graphics)).toMatch(/multiplies no matrices/);
    expect(because(half, withMatrices(matrix(16, 16, 16, "f16", "f16")))).toMatch(/sums in f32/);
    expect(because(contraction(8, 64, 64, { storage: "f16" }), f16)).toBe("it has few rows");
    expect(because(half, withMatrices(matrix(48, 48, 48)))).toMatch(/no tile of its matrices/);
    const nest = (profile: DeviceProfile) =>
      scheduled(contraction(1025, 3200, 12800, { storage: "f16" }), profile).nest;
    expect(nest(f16)).toMatchObject({ rows: 128, steps: 16, strip: 16 });
    const large = { ...f16, maxComputeWorkgroupStorageSize: 49152 };
    expect(nest(large)).toMatchObject({ rows: 128, steps: 32, strip: 32 });
    expect(nest({ ...f16, subgroupSize: 64 })).toMatchObject({ rows: 64 });
    expect(nest(withMatrices(matrix(8, 8, 8, "f32"), matrix(16, 16, 16)))).toMatchObject({
      matrix: { operand: "f16" },
    });
  });
});
