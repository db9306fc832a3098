import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import type { Device } from "../../runtime/device/device.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { relativeError, runMode } from "../support/graphs/run-mode.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const entry = "models/internvit/internvit.weft";
const oracle = resolve("../shared/oracle/internvl-tiny");
const folder = mkdtempSync(join(tmpdir(), "weft-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

const internVit = { entry, model: "InternViT", mode: "forward" };

describe.each(testDrivers)("on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  describe("InternViT against the official code", () => {
    const cases = [
      {
        inputs: "inputs",
        output: "vit.last_hidden_state",
        image: undefined,
        precision: "f32",
        bound: 2e-5,
      },
      {
        inputs: "inputs",
        output: "vit.last_hidden_state",
        image: undefined,
        precision: "f16",
        bound: 3e-3,
      },
      {
        inputs: "inputs_84",
        output: "vit.last_hidden_state@84",
        image: 84,
        precision: "f32",
        bound: 2e-5,
      },
      {
        inputs: "inputs_84",
        output: "vit.last_hidden_state@84",
        image: 84,
        precision: "f16",
        bound: 3e-3,
      },
    ] as const;
    test.for(cases)(
      "$output in $precision",
      async ({ inputs, output, image, precision, bound }, context) => {
        if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
        if (!existsSync(oracle) || device === undefined) return context.skip();
        const pixels = readTensor(join(oracle, `${inputs}.safetensors`), "pixel_values");
        const overrides = image === undefined ? [] : [{ path: "image", value: image }];
        const sizes = { B: pixels.shape[0] ?? 1 };
        const found = await runMode(
          device,
          oracle,
          { pixels },
          { ...internVit, sizes, overrides, precision },
        );
        const right = readTensor(join(oracle, "outputs.safetensors"), output);
        expect(relativeError(found.data, right.data)).toBeLessThan(bound);
      },
    );
  });

  describe("odd sizes against the float64 reference", () => {
    const cases = [
      {
        name: "an odd width, an odd head count, a prime MLP",
        D: 45,
        Heads: 5,
        Hidden: 53,
        depth: 2,
        image: 42,
        patch: 14,
        batch: 1,
      },
      {
        name: "a width of 4 k + 2, three heads, batch 3",
        D: 42,
        Heads: 3,
        Hidden: 37,
        depth: 2,
        image: 35,
        patch: 7,
        batch: 3,
      },
      {
        name: "one head of one, one patch",
        D: 1,
        Heads: 1,
        Hidden: 1,
        depth: 1,
        image: 3,
        patch: 3,
        batch: 2,
      },
      {
        name: "no qk-norm, a head of 13",
        D: 91,
        Heads: 7,
        Hidden: 101,
        depth: 3,
        image: 20,
        patch: 5,
        batch: 1,
        qkNorm: false,
      },
    ];
    test.for(cases)("$name", async ({ name, batch, qkNorm, ...settings }, context) => {
      if (device === undefined) return context.skip();
      const overrides = [
        ...Object.entries(settings).map(([path, value]) => ({ path, value })),
        ...(qkNorm === undefined ? [] : [{ path: "qk_norm", value: qkNorm }]),
      ].filter(({ path, value }) => path !== "patch" || value !== 14);
      const reference = interpretForward(overrides, batch);
      const weights = join(folder, `${name.replaceAll(/\W+/g, "-")}.safetensors`);
      writeSafetensors(weights, reference.parameters);
      const found = await runMode(
        device,
        weights,
        { pixels: reference.pixels },
        { ...internVit, sizes: { B: batch }, overrides },
      );
      expect(relativeError(found.data, reference.output)).toBeLessThan(2e-5);
      const half = await runMode(
        device,
        weights,
        { pixels: reference.pixels },
        { ...internVit, sizes: { B: batch }, overrides, precision: "f16" },
      );
      expect(relativeError(half.data, reference.output)).toBeLessThan(1e-2);
    });
  });
});

/** The mode's graph in float64 on random parameters and pixels, which are exact in f32. */
function interpretForward(
  overrides: readonly { path: string; value: number | boolean }[],
  batch: number,
) {
  const sink = new DiagnosticSink();
  const program = checkFiles({
    entries: [entry],
    loader: diskLoader(process.cwd()),
    parse: parseOnce,
    sink,
  });
  const mode = elaborateMode(program, { model: "InternViT", mode: "forward", overrides, sink });
  if (mode === undefined) throw new Error(renderDiagnostics(sink.diagnostics));
  const { graph, sizes } = mode;
  const extent = extentOf(sizes, new Map(graph.freeAxes.map((axis) => [axis.size, batch])));
  const random = generator();
  const fill = (value: Value, draw: () => number): ReferenceTensor => {
    const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
    return {
      type: value.type,
      data: Float64Array.from({ length: count }, () => Math.fround(draw())),
    };
  };
  const feeds = new Map<Value, ReferenceTensor>();
  const parameters: Record<string, Tensor> = {};
  for (const { path, value, dimensions } of graph.stored) {
    const isScale = value.type.axes.length === 1 && !path.endsWith("bias");
    const filled = fill(value, () => (isScale ? 0.5 + random() : random() - 0.5));
    feeds.set(value, filled);
    const shape = dimensions.map(({ axes }) =>
      axes.reduce((product, axis) => product * extent(axis), 1),
    );
    parameters[path] = { element: "f32", shape, data: Float32Array.from(filled.data) };
  }
  const [pixelsInput] = graph.inputs;
  const [output] = graph.outputs;
  if (pixelsInput === undefined || output === undefined) throw new Error("the mode has changed");
  const pixels = fill(pixelsInput.value, () => 2 * random() - 1);
  feeds.set(pixelsInput.value, pixels);
  const shape = pixelsInput.value.type.axes.map((axis) => extent(axis));
  if (elementCount(shape) !== pixels.data.length)
    throw new Error("the pixels do not fill their shape");
  const result = interpretGraph([output.value], feeds, extent).get(output.value);
  if (result === undefined) throw new Error("the interpreter left the output out");
  const tensor: Tensor = { element: "f32", shape, data: Float32Array.from(pixels.data) };
  return { parameters, pixels: tensor, output: result.data };
}

/** xorshift32: the same numbers in every run. */
function generator(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
