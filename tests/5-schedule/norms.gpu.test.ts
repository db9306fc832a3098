import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  scheduledBy,
} from "../support/kernels/compare-kernel.ts";
import {
  contraction,
  real,
  reduced,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";

let gpu: TestGpu | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
  if (gpu === undefined) console.log("skipped: statistics of rows, there is no WebGPU adapter");
});
afterAll(() => gpu?.device.destroy());

/** Two products of the same rows, and two statistics of them, that meet after the products. */
function normed(m: number, k: number, n: number, batch?: number): SampleKernel {
  const plain = contraction(m, k, n, { epilogue: true, ...(batch === undefined ? {} : { batch }) });
  const { engine, stores } = plain.kernel;
  if (engine.kind !== "contract") throw new Error("a contraction is expected");
  const { left } = engine;
  const statistics = [
    { combine: "sum", value: real("mul", left, left), type: "f32" },
    { combine: "sum", value: real("neg", left), type: "f32" },
  ] as const;
  const others = [real("mul", engine.right, real("add", engine.right, one))];
  const scale = (value: Expr): Expr => {
    const scaled = real("mul", value, real("rsqrt", real("add", reduced(2), one)));
    return real("add", real("add", scaled, reduced(1)), reduced(3));
  };
  return {
    ...plain,
    kernel: {
      ...plain.kernel,
      engine: { ...engine, others, statistics },
      stores: stores.map((store) => ({ ...store, value: scale(store.value) })),
    },
  };
}

const one: Expr = { kind: "constant", type: "f32", value: 1 };

describe("two products and statistics of rows", () => {
  const shapes = [
    [1, 4, 32],
    [7, 31, 127],
    [33, 33, 33],
    [17, 36, 40],
    [129, 64, 96],
  ] as const;
  for (const [m, k, n] of shapes) {
    for (const batch of [undefined, 3]) {
      for (const schedule of ["contract-direct", "contract-broadcast"]) {
        test(`${batch ?? 1} x ${m}x${k}x${n} by ${schedule}`, async (context) => {
          if (gpu === undefined) return context.skip("there is no WebGPU adapter");
          if (schedule.endsWith("broadcast") && gpu.profile.subgroupSize === 0) {
            console.log(`skipped: ${schedule}, the device has no subgroups of a fixed size`);
            return context.skip("no subgroups of a fixed size");
          }
          const sample = normed(m, k, n, batch);
          const scheduled = scheduledBy(schedule, sample, regardlessOfSize(gpu.profile));
          await expectLikeInterpreter(gpu, sample, scheduled);
          expect(scheduled.schedule).toBe(schedule);
        });
      }
    }
  }

  for (const columnTiles of [2, 3]) {
    test(`rows measured once for ${columnTiles} tiles of columns`, async (context) => {
      if (gpu === undefined) return context.skip("there is no WebGPU adapter");
      const sample = normed(21, 38, 301, 2);
      const scheduled = scheduledBy("contract-broadcast", sample, regardlessOfSize(gpu.profile));
      if (scheduled.nest.kind !== "contract-broadcast") {
        console.log("skipped: contract-broadcast, the device has no subgroups of a fixed size");
        return context.skip("no subgroups of a fixed size");
      }
      const [x, , z] = scheduled.workgroups;
      const tiles = Math.ceil(301 / (4 * scheduled.nest.lanes));
      await expectLikeInterpreter(gpu, sample, {
        ...scheduled,
        nest: { ...scheduled.nest, columnTiles },
        workgroups: [x, Math.ceil(tiles / columnTiles), z],
      });
    });
  }
});
