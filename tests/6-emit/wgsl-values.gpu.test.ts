import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import { call } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import { uniformBits, uniformFromBits } from "../../compiler/ir/random.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { expectLikeInterpreter, seededRandom } from "../support/kernels/compare-kernel.ts";
import { prepareKernel } from "../support/kernels/run-kernel.ts";
import {
  at,
  load,
  randomElements,
  real,
  SampleBuilder,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import {
  gatheredRows,
  joinedRows,
  replacedElements,
  scaledBias,
  shiftedRows,
  transposition,
} from "../support/kernels/sample-maps.ts";

let gpu: TestGpu | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
  if (gpu === undefined) console.log("skipped: values on a device, there is no WebGPU adapter");
});
afterAll(() => gpu?.device.destroy());

function onDevice(name: string, body: (device: TestGpu) => Promise<void>): void {
  test(name, async (context) => {
    if (gpu === undefined) return context.skip("there is no WebGPU adapter");
    await body(gpu);
  });
}

function compare(
  name: string,
  make: () => SampleKernel,
  options: {
    readonly hasF16?: boolean;
    readonly given?: (sample: SampleKernel) => Map<number, Float64Array>;
  } = {},
): void {
  onDevice(name, async (device) => {
    const profile = {
      ...device.profile,
      ...(options.hasF16 === undefined ? {} : { hasF16: options.hasF16 }),
    };
    const sample = make();
    const scheduled = scheduleKernel(sample.kernel, sample.tensors, profile, () => undefined);
    const given = options.given?.(sample);
    await expectLikeInterpreter(
      { ...device, profile },
      sample,
      scheduled,
      given === undefined ? {} : { given },
    );
  });
}

describe("maps", () => {
  for (const [rows, columns] of [
    [1, 1],
    [1, 4],
    [7, 31],
    [33, 127],
    [129, 4],
    [31, 256],
    [257, 12],
  ] as const) {
    compare(`scaled bias ${rows}x${columns}`, () => scaledBias(rows, columns));
    compare(`transposition ${rows}x${columns}`, () => transposition(rows, columns));
    compare(`shifted rows ${rows}x${columns}`, () =>
      shiftedRows(rows, columns, Math.min(3, columns)),
    );
  }
  compare("joined rows of odd width", () => joinedRows(3, 5, 7));
  compare("joined rows in fours", () => joinedRows(1, 9, 12));
  compare("more workgroups than one dimension holds", () => scaledBias(701, 613));
  compare("rows of a table", () => gatheredRows(11, 37, 8), {
    given: (sample) => {
      const given = randomElements(sample, seededRandom(3));
      given.set(
        1,
        Float64Array.from({ length: 37 }, (_, n) => (n * 7) % 11),
      );
      return given;
    },
  });
});

describe("storage", () => {
  for (const storage of ["f16", "bf16"] as const) {
    for (const [rows, columns] of [
      [5, 7],
      [8, 12],
      [3, 4],
    ] as const) {
      const name = `${storage} parameters ${rows}x${columns}`;
      compare(`${name} without f16`, () => scaledBias(rows, columns, storage), { hasF16: false });
      compare(name, () => scaledBias(rows, columns, storage));
    }
  }
  onDevice("f16 results of odd length", async (device) => {
    if (!device.profile.hasF16) return console.log("skipped: the device has no f16");
    const sample = transposition(7, 9, "f16");
    const scheduled = scheduleKernel(
      sample.kernel,
      sample.tensors,
      device.profile,
      () => undefined,
    );
    await expectLikeInterpreter(device, sample, scheduled);
  });
});

describe("scatter", () => {
  compare("later updates win and positions outside are dropped", () => replacedElements(13, 29), {
    given: (sample) => {
      const given = randomElements(sample, seededRandom(5));
      given.set(
        1,
        Float64Array.from({ length: 29 }, (_, n) => ((n * 5) % 17) - 2),
      );
      return given;
    },
  });
});

describe("what changes with every run", () => {
  onDevice("uniform numbers have the same bits everywhere, and follow the seed", async (device) => {
    for (const length of [64, 63]) {
      const sample = uniforms(length);
      const scheduled = scheduleKernel(
        sample.kernel,
        sample.tensors,
        device.profile,
        () => undefined,
      );
      const kernel = await prepareKernel(device, scheduled, sample.tensors, new Map(), {
        seed: 77,
        step: 5,
      });
      await kernel.run(1);
      const found = await kernel.read(0);
      for (const [n, value] of found.entries()) {
        expect(value).toBe(uniformFromBits(uniformBits(123456789, 77, n, 5)));
      }
      kernel.dispose();
    }
  });
  onDevice("immediates are given by name", async (device) => {
    const build = new SampleBuilder();
    const n = build.axis(9);
    const x = build.tensor("input", [9]);
    const y = build.tensor("output", [9]);
    const rate: Expr = { kind: "immediate", name: "rate", type: "f32" };
    const step: Expr = { kind: "immediate", name: "step", type: "i32" };
    const value = real("add", real("mul", load(x, at(n)), rate), call("to_f32", [step], "f32"));
    const sample = build.done("immediates", { kind: "map", grid: [n] }, [
      { tensor: y, at: [at(n)], value },
    ]);
    const scheduled = scheduleKernel(
      sample.kernel,
      sample.tensors,
      device.profile,
      () => undefined,
    );
    await expectLikeInterpreter(device, sample, scheduled, { immediates: { rate: 0.5, step: -7 } });
  });
});

function uniforms(length: number): SampleKernel {
  const build = new SampleBuilder();
  const n = build.axis(length);
  const y = build.tensor("output", [length]);
  const immediate = (name: string): Expr => ({ kind: "immediate", name, type: "u32" });
  const stream: Expr = { kind: "constant", type: "u32", value: 123456789 };
  const counter = call("to_u32", [at(n)], "u32");
  const value = real("uniform", stream, immediate("seed"), counter, immediate("step"));
  return build.done("uniforms", { kind: "map", grid: [n] }, [{ tensor: y, at: [at(n)], value }]);
}
