import { afterAll, beforeAll, describe, test } from "vitest";
import type { ScalarType } from "../../compiler/ir/expr/scalar-types.ts";
import type { ScalarFn } from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { openTestGpu, type TestGpu } from "../support/gpu.ts";
import { expectEach } from "../support/kernels/compare-kernel.ts";
import { functionOf } from "../support/kernels/sample-maps.ts";

let gpu: TestGpu | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
  if (gpu === undefined) console.log("skipped: functions on a device, there is no WebGPU adapter");
});
afterAll(() => gpu?.device.destroy());

function onDevice(name: string, body: (device: TestGpu) => Promise<void>): void {
  test(name, async (context) => {
    if (gpu === undefined) return context.skip("there is no WebGPU adapter");
    await body(gpu);
  });
}

/** Arguments by function: each list is one argument, padded by repetition. */
const floats: readonly {
  readonly fn: ScalarFn;
  readonly args: readonly (readonly number[])[];
  readonly tolerance: number;
}[] = [
  {
    fn: "add",
    args: [
      [1, -2.5, 0],
      [3, 0.25, -0.5],
    ],
    tolerance: 0,
  },
  {
    fn: "sub",
    args: [
      [1, -2.5, 0],
      [3, 0.25, -0.5],
    ],
    tolerance: 0,
  },
  {
    fn: "mul",
    args: [
      [1, -2.5, 0],
      [3, 0.25, -0.5],
    ],
    tolerance: 0,
  },
  {
    fn: "div",
    args: [
      [1, -2.5, 7],
      [3, 0.25, -0.5],
    ],
    tolerance: 3e-7,
  },
  {
    fn: "mod",
    args: [
      [7.5, -7.5, 7.5, -7.5],
      [2, 2, -2, -2],
    ],
    tolerance: 1e-6,
  },
  {
    fn: "min",
    args: [
      [1, -2.5],
      [0.5, 4],
    ],
    tolerance: 0,
  },
  {
    fn: "max",
    args: [
      [1, -2.5],
      [0.5, 4],
    ],
    tolerance: 0,
  },
  {
    fn: "clamp",
    args: [
      [-3, 0.5, 9],
      [-1, 0, 0],
      [1, 1, 4],
    ],
    tolerance: 0,
  },
  {
    fn: "fma",
    args: [
      [1.5, -2],
      [3, 4],
      [0.25, 1],
    ],
    tolerance: 0,
  },
  { fn: "neg", args: [[1, -2.5, 0]], tolerance: 0 },
  { fn: "abs", args: [[1, -2.5, 0]], tolerance: 0 },
  { fn: "floor", args: [[1.75, -1.75, 3, -0.25]], tolerance: 0 },
  {
    fn: "pow",
    args: [
      [2, 1.7, -2, -2, 3, -1.5],
      [0.5, -3.3, 3, 4, 0, 0],
    ],
    tolerance: 2e-6,
  },
  { fn: "exp", args: [[-87, -20, -1, 0, 0.3, 1, 20, 80]], tolerance: 1e-5 },
  { fn: "log", args: [[1e-30, 0.1, 0.99, 1, 1.01, 2, 1e30]], tolerance: 2e-6 },
  { fn: "sqrt", args: [[0, 1e-10, 2, 1e10]], tolerance: 1e-6 },
  { fn: "rsqrt", args: [[1e-10, 0.7, 2, 1e10]], tolerance: 1e-6 },
  { fn: "sin", args: [[-3, -1, 0, 0.5, 1.6, 3.2, 5, 700.3, -9000]], tolerance: 1e-6 },
  { fn: "cos", args: [[-3, -1, 0, 0.5, 1.6, 3.2, 5, 700.3, -9000]], tolerance: 1e-6 },
  { fn: "tanh", args: [[-1000, -3, -0.01, 0, 0.5, 9, 88, 1e30]], tolerance: 2e-6 },
  { fn: "erf", args: [[-9, -3.5, -1, -1e-4, 0, 1e-6, 0.5, 1, 2.2, 6]], tolerance: 4e-7 },
  { fn: "erf_inv", args: [[-0.9999, -0.5, 0, 1e-3, 0.3, 0.99, 0.99999]], tolerance: 4e-5 },
  { fn: "round_f16", args: [[0, 1, 1.0004883, 1.0014648, 65504, 6e-8, -0.1]], tolerance: 0 },
  { fn: "round_bf16", args: [[0, 1, 1.00390625, 1.01171875, 3e38, -0.1]], tolerance: 0 },
];

describe("functions of f32", () => {
  for (const { fn, args, tolerance } of floats) {
    // Lengths 24 and 23: four at a time and one by one.
    for (const length of [24, 23]) {
      onDevice(`${fn}, ${length} elements`, async (device) => {
        const sample = functionOf(fn, args.length, length);
        await expectEach(device, sample, args, tolerance);
      });
    }
  }
});

describe("functions of integers and truth values", () => {
  const integers = [
    [7, -7, 7, -7, 0, 2147483647, -2147483648],
    [3, 3, -3, -3, 5, 7, 3],
  ];
  for (const fn of ["add", "sub", "mul", "div", "mod", "min", "max"] as const) {
    onDevice(`${fn} of i32`, (device) =>
      expectEach(device, functionOf(fn, 2, 28, "i32"), integers, 0),
    );
  }
  for (const fn of ["eq", "ne", "lt", "le", "gt", "ge"] as const) {
    for (const type of ["i32", "f32"] as const) {
      onDevice(`${fn} of ${type}`, (device) =>
        expectEach(
          device,
          functionOf(fn, 2, 28, type, "bool"),
          [
            [1, 2, 3],
            [2, 2, 2],
          ],
          0,
        ),
      );
    }
  }
  for (const fn of ["and", "or", "eq", "ne"] as const) {
    onDevice(`${fn} of bool`, (device) =>
      expectEach(
        device,
        functionOf(fn, 2, 28, "bool"),
        [
          [0, 0, 1, 1],
          [0, 1, 0, 1],
        ],
        0,
      ),
    );
  }
  onDevice("not", (device) => expectEach(device, functionOf("not", 1, 27, "bool"), [[0, 1]], 0));
  const conversions: readonly (readonly [ScalarFn, ScalarType, ScalarType, readonly number[]])[] = [
    ["to_f32", "i32", "f32", [-3, 0, 16777216]],
    ["to_f32", "bool", "f32", [0, 1]],
    ["to_i32", "f32", "i32", [-2.75, 2.75, 0]],
    ["to_i32", "bool", "i32", [0, 1]],
    ["to_u32", "i32", "u32", [0, 7, -1]],
    ["to_bool", "f32", "bool", [0, 0.5, -2]],
    ["to_bool", "i32", "bool", [0, 5, -2]],
  ];
  for (const [fn, from, to, values] of conversions) {
    onDevice(`${fn} of ${from}`, (device) =>
      expectEach(device, functionOf(fn, 1, 28, from, to), [values], 0),
    );
  }
});
