import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { reals, runText } from "../support/graphs/run-text.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

/** A batch of nothing, a text of no tokens, a table of no lines: every engine, then whole models. */
const text = `
import { softmax, attention, l2_normalize } from "std/functions"

model Nothing {
  axis D = 4
  axis E = 3
  axis Heads = 2
  axis Two = 2
  state memory: f32[D] = 0.0

  mode scale(x: f32[B, D]) -> f32[B, D] { 2.0 * x }
  mode norm(x: f32[B, D]) -> f32[B, D] { softmax{D}(l2_normalize{D}(x)) }
  mode paired(x: f32[B, D], w: f32[E, D]) -> f32[B, E] { sum{D}(x * w) }
  mode inner(x: f32[E, B], w: f32[D, B]) -> f32[E, D] { sum{B}(x * w) }
  mode total(x: f32[B, D]) -> (all: f32[], rows: f32[D], whole: f32[B]) {
    (sum{B, D}(x), sum{B}(x), sum{D}(x))
  }
  mode multiplied(x: f32[B, D]) -> (all: f32[], rows: f32[D], whole: f32[B]) {
    (product{B, D}(x), product{B}(x), product{D}(x))
  }
  mode over_nothing(x: f32[D, B]) -> f32[D, B] { softmax{B}(x) }
  mode attend(q: f32[B, N, D], k: f32[B, M, D]) -> f32[B, N, D] { attention{M, D}(q, k, k) }
  mode picked(x: f32[B, D], p: i32[E]) -> f32[E, D] { take{B: p}(x) }
  mode put_into(x: f32[D], p: i32[B], y: f32[B]) -> f32[D] { put{D: p}(x, y) }
  mode put_sum(x: f32[D], p: i32[B], y: f32[B]) -> f32[D] { put_add{D: p}(x, y) }
  mode put_nowhere(x: f32[B, D], p: i32[E], y: f32[E, D]) -> f32[B, D] { put{B: p}(x, y) }
  mode ranked(x: f32[B, D]) -> (first: i32[B], two: i32[B, Two]) {
    (argmax{D}(x), top{D -> Two}(x))
  }
  mode counted(x: i32[B]) -> i32[B] { cumsum{B}(x) }
  mode drawn(x: f32[B, D]) -> f32[B, D] { x + random.normal{B, D}() }
  mode kept(x: f32[B, D]) -> f32[D] {
    memory := memory + sum{B}(x)
    memory
  }
}
`;

const none: Tensor = { element: "f32", shape: [0, 4], data: new Float32Array() };
const places: Tensor = { element: "i32", shape: [3], data: Int32Array.of(0, 1, -1) };
const whole: Tensor = { element: "i32", shape: [0], data: new Int32Array() };

const cases: Readonly<
  Record<string, readonly [Readonly<Record<string, Tensor>>, Readonly<Record<string, number[]>>]>
> = {
  scale: [{ x: none }, { output: [] }],
  norm: [{ x: none }, { output: [] }],
  paired: [{ x: none, w: reals(Array(12).fill(1), 3, 4) }, { output: [] }],
  inner: [{ x: reals([], 3, 0), w: reals([], 4, 0) }, { output: Array(12).fill(0) }],
  total: [{ x: none }, { all: [0], rows: [0, 0, 0, 0], whole: [] }],
  multiplied: [{ x: none }, { all: [1], rows: [1, 1, 1, 1], whole: [] }],
  over_nothing: [{ x: reals([], 4, 0) }, { output: [] }],
  attend: [{ q: reals([], 0, 1, 4), k: reals([], 0, 1, 4) }, { output: [] }],
  picked: [{ x: none, p: places }, { output: Array(12).fill(0) }],
  put_into: [{ x: reals([1, 2, 3, 4]), p: whole, y: reals([], 0) }, { output: [1, 2, 3, 4] }],
  put_sum: [{ x: reals([1, 2, 3, 4]), p: whole, y: reals([], 0) }, { output: [1, 2, 3, 4] }],
  put_nowhere: [{ x: none, p: places, y: reals(Array(12).fill(1), 3, 4) }, { output: [] }],
  ranked: [{ x: none }, { first: [], two: [] }],
  counted: [{ x: whole }, { output: [] }],
  drawn: [{ x: none }, { output: [] }],
  kept: [{ x: none }, { output: [0, 0, 0, 0] }],
};

test.each([
  ["max", "max{K}(x)", "f32[B]"],
  ["min", "min{K}(x)", "f32[B]"],
  ["mean", "mean{K}(x)", "f32[B]"],
  ["argmax", "argmax{K}(x)", "i32[B]"],
])("%s has no value over nothing, and where the axis came from is said", (name, body, type) => {
  const entry = "text.weft";
  const own = `model Over {\n  mode forward(x: f32[B, K]) -> ${type} { ${body} }\n}\n`;
  const request = { entry, model: "Over", mode: "forward", loader: memoryLoader(entry, own) };
  const { artifact, diagnostics } = compile({ ...request, sizes: { B: 2, K: 0 } });
  expect(artifact).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(["empty-axis"]);
  const told = renderDiagnostics(diagnostics);
  expect(told).toContain(`\`${name}\` needs at least one element, but \`K\` has none`);
  expect(told).toContain("`K` is an axis of the input `x`, which has size 0 there");
  // Of no rows no maximum is asked for.
  expect(compile({ ...request, sizes: { B: 0, K: 0 } }).diagnostics).toEqual([]);
});

describe.each(testDrivers)("axes of size 0 on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.each(Object.entries(cases))("%s", async (mode, [inputs, wanted]) => {
    if (device === undefined) return;
    const sizes = mode === "attend" ? { B: 0, N: 1, M: 1 } : { B: 0 };
    const found = await runText(device, text, inputs, { mode, sizes });
    const numbers = Object.entries(found).map(([name, { data }]) => [name, [...data]]);
    expect(Object.fromEntries(numbers)).toEqual(wanted);
  });

  test.each([
    ["InternViT_tiny", "internvit/internvit.weft", "forward", { B: 0 }, "pixels", [0, 3, 56, 56]],
    ["Llama_tiny", "llama/llama.weft", "logits", { B: 1, N: 0 }, "ids", [1, 0]],
    ["Llama_tiny", "llama/llama.weft", "logits", { B: 0, N: 3 }, "ids", [0, 3]],
  ] as const)("%s of %s", async (model, file, mode, sizes, name, shape) => {
    if (device === undefined) return;
    const profile = deviceProfile(device);
    const entry = `models/${file}`;
    const loader = diskLoader(process.cwd());
    const { artifact, diagnostics } = compile({ entry, loader, model, mode, sizes, profile });
    if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
    const session = await Session.create(artifact, device, undefined);
    try {
      const input: Tensor =
        name === "ids"
          ? { element: "i32", shape, data: new Int32Array() }
          : { element: "f32", shape, data: new Float32Array() };
      const { output } = await session.run({ [name]: input });
      expect(output?.data).toHaveLength(0);
      expect(output?.shape).toContain(0);
    } finally {
      session.dispose();
    }
  });
});
