import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Artifact, StoredSpec } from "../../compiler/artifact.ts";
import type { WidthReport } from "../../compiler/cli/report/compare-widths.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { quantizeGroups } from "../../runtime/numbers/quantize.ts";
import { Session } from "../../runtime/session.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import { quantizedTotal } from "../../runtime/stored/quantized-total.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { elaborateFile } from "../support/texts/check-text.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-quantize-"));
afterAll(() => rmSync(folder, { recursive: true }));

const widths = ["int8", "int4"] as const;
type Width = (typeof widths)[number];

const file = "models/llama/llama.weft";
interface Work {
  readonly overrides: readonly { readonly path: string; readonly value: number }[];
  readonly ids: readonly number[];
}
const several: Work = {
  overrides: [
    { path: "depth", value: 2 },
    { path: "Vocab", value: 96 },
  ],
  ids: [5, 11, 3, 40, 77],
};
/** Wide enough for the kernels of one token, which want their weights in another order. */
const single: Work = {
  overrides: [
    { path: "depth", value: 1 },
    { path: "Vocab", value: 256 },
    { path: "D", value: 256 },
    { path: "Hidden", value: 768 },
  ],
  ids: [7],
};

function compiled(device: Device, quantize?: Width, { overrides, ids } = several): Artifact {
  const request: CompileRequest = {
    entry: file,
    loader: diskLoader(process.cwd()),
    model: "Llama_tiny",
    mode: "logits",
    sizes: { N: ids.length },
    overrides,
    profile: deviceProfile(device),
    ...(quantize && { quantize }),
  };
  const { artifact, diagnostics } = compile(request);
  expect(diagnostics).toEqual([]);
  if (artifact === undefined) throw new Error("no artifact");
  return artifact;
}

async function logits(device: Device, artifact: Artifact, weights = "random:0", { ids } = several) {
  const session = await Session.create(artifact, device, weights);
  try {
    const shape = [1, ids.length];
    const data = Int32Array.from(ids);
    const { output } = await session.run({ ids: { element: "i32", shape, data } });
    return { output: output?.data ?? new Float32Array(), report: session.weights };
  } finally {
    session.dispose();
  }
}

/** The initial elements of a parameter, as rounding leaves them where the parameter is quantised. */
function elementsOf(parameter: StoredSpec, width?: Width): Float32Array {
  const source = initialElements(parameter, 0);
  const numbers = new Float32Array(source.count);
  source.read(new Uint8Array(numbers.buffer), 0);
  const { quantized } = parameter;
  if (quantized === undefined || width === undefined) return numbers;
  const whole = new Int32Array(numbers.length);
  const scales = new Float32Array(numbers.length / quantized.group);
  quantizeGroups(numbers, width === "int8" ? "i8" : "i4", quantized.group, whole, scales);
  return numbers.map((_, n) => (whole[n] ?? 0) * (scales[Math.floor(n / quantized.group)] ?? 0));
}

/** The graph in float64, with these weights. */
function exactLogits(
  { stored }: Artifact,
  width?: Width,
  { overrides, ids } = several,
): readonly number[] {
  const { mode, diagnostics } = elaborateFile(file, "Llama_tiny", "logits", overrides);
  expect(diagnostics).toEqual([]);
  if (mode === undefined) throw new Error("no mode");
  const run = new StepRun(mode, (path) => {
    const found = stored.find((parameter) => parameter.path === path);
    if (found === undefined) throw new Error(`no parameter ${path}`);
    return Float64Array.from(elementsOf(found, width));
  });
  return run.call("logits", { ids }, { B: 1, N: ids.length }).output ?? [];
}

describe.each(testDrivers)("a small LLaMA with weights of few bits on %s", (driver) => {
  test("computes with the rounded weights, and little changes", async (context) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return context.skip(`there is no ${driver}`);
    try {
      const wide = exactLogits(compiled(device));
      for (const [width, most] of [
        ["int8", 0.02],
        ["int4", 0.3],
      ] as const) {
        const artifact = compiled(device, width);
        const { output, report } = await logits(device, artifact);
        expect(relativeError(output, exactLogits(artifact, width))).toBeLessThan(2e-5);
        const total = quantizedTotal(report.quantized);
        const change = relativeError(output, wide);
        console.log(
          `${width}: ${total.bytes} of ${total.bytesBefore} bytes, weights change by ${total.error.toExponential(2)}, logits by ${change.toExponential(2)}`,
        );
        expect(total.bytesBefore / total.bytes).toBeCloseTo(width === "int8" ? 32 / 9 : 32 / 5, 6);
        expect(total.error).toBeGreaterThan(0);
        expect(change).toBeLessThan(most);
      }
    } finally {
      device.dispose();
    }
  });

  test.each(widths)("%s weights in the order of the kernels of one token", async (width) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    try {
      const artifact = compiled(device, width, single);
      const own = artifact.program.tensors.filter(({ storage }) => /^i[48]$/.test(storage));
      expect(own.map(({ packing }) => packing.kind)).toContain("interleaved");
      const { output } = await logits(device, artifact, "random:0", single);
      expect(relativeError(output, exactLogits(artifact, width, single))).toBeLessThan(2e-5);
    } finally {
      device.dispose();
    }
  });

  test("reads the weights from a file as from initialisers", async (context) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return context.skip(`there is no ${driver}`);
    try {
      const artifact = compiled(device, "int4");
      const tensors = artifact.stored.map((parameter) => {
        const shape = parameter.shape.map(({ size }) => size);
        return [parameter.path, { element: "f32", shape, data: elementsOf(parameter) }] as const;
      });
      const path = join(folder, `${driver}.safetensors`);
      writeSafetensors(path, Object.fromEntries(tensors));
      const [one, two] = [await logits(device, artifact), await logits(device, artifact, path)];
      expect([...two.output]).toEqual([...one.output]);
      expect(two.report.quantized).toEqual(one.report.quantized);
    } finally {
      device.dispose();
    }
  });
});

describe("the command line", () => {
  const model = ["models/llama/llama.weft", "--model", "Llama_tiny", "--mode", "logits"];
  const small = ["--set", "depth=1", "--set", "Vocab=96", "--size", "N=3", "--no-cache"];

  test("weft bench --compare-widths shows bytes, times and errors beside each other", async () => {
    const options = ["--device", "software", "--runs", "2", "--compare-widths", "--json"];
    const args = ["bench", ...model, ...small, ...options];
    const { exitCode, stdout, stderr } = await runWeft(args, process.cwd());
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    const { widths } = JSON.parse(stdout) as { widths: readonly WidthReport[] };
    expect(widths.map(({ weights }) => weights)).toEqual(["f32", "int8", "int4"]);
    const [wide, int8, int4] = widths;
    expect(wide).toMatchObject({ weightError: 0, outputError: 0 });
    expect(int8?.weightBytes).toBeLessThan(wide?.weightBytes ?? 0);
    expect(int4?.weightBytes).toBeLessThan(int8?.weightBytes ?? 0);
    for (const own of ["weightError", "outputError"] as const) {
      expect(int8?.[own]).toBeGreaterThan(0);
      expect(int4?.[own]).toBeGreaterThan(int8?.[own] ?? 1);
    }
  });

  test("weft run --quantize says what it costs", async () => {
    const options = ["--device", "software", "--in", "ids=random:1", "--quantize", "int8"];
    const args = ["run", ...model, ...small, ...options];
    const spoken = await runWeft(args, process.cwd());
    expect(`${spoken.exitCode} ${spoken.stderr}`).toMatch(
      /^0 .*quantised: \d+ weights to int8, .* instead of .*; relative error 0\.4\d %/s,
    );
    const { stdout } = await runWeft([...args, "--json"], process.cwd());
    const { weights } = JSON.parse(stdout) as {
      weights: { quantized: { tensors: { path: string; error: number }[] } };
    };
    expect(weights.quantized.tensors.map(({ path }) => path)).toContain("lm_head.weight");
  });
});
