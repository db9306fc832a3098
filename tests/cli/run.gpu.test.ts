import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy } from "../../runtime/files/npy.ts";
import { Checkpoint } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = `
import { Linear } from "std/layers"

model Score<Class = 3>(image: int = 8) {
  axis Rgb = 3
  axis Y = image
  axis X = image
  use head = Linear<(Rgb, Y, X), Class>()

  mode classify(pixels: f32[B, Rgb, Y, X] from image(fit: "squash")) -> [B, Class] {
    head(real(pixels))
  }

  mode both(pixels: f32[B, Rgb, Y, X]) -> (score: [B, Class], mean: f32[B]) {
    (head(real(pixels)), mean{Rgb, Y, X}(pixels))
  }
}
`;

const real = (shape: readonly number[], value: (index: number) => number) => ({
  element: "f32" as const,
  shape,
  data: Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, index) => value(index),
  ),
});

beforeAll(() => {
  writeFileSync(join(folder, "score.weft"), model);
  const weight = real([3, 192], (index) => Math.sin(index) / 10);
  const bias = real([3], (index) => index);
  writeSafetensors(join(folder, "good.safetensors"), { "head.weight": weight, "head.bias": bias });
  const spoilt = real([3, 192], (index) => (index === 7 ? Number.NaN : 0));
  writeSafetensors(join(folder, "nan.safetensors"), { "head.weight": spoilt, "head.bias": bias });
  writeSafetensors(join(folder, "short.safetensors"), { "head.weight": weight });
  writeSafetensors(join(folder, "turned.safetensors"), {
    "head.weight": real([192, 3], () => 0),
    "head.bias": bias,
  });
  writeSafetensors(join(folder, "cut.safetensors"), { "head.weight": weight, "head.bias": bias });
  truncateSync(join(folder, "cut.safetensors"), 900);
  const pixels = real([2, 3, 8, 8], (index) => Math.cos(index));
  writeSafetensors(join(folder, "inputs.safetensors"), {
    pixels,
    wrong: real([2, 3, 9, 8], () => 0),
  });
  writeFileSync(join(folder, "text.jpg"), "this is no picture");
  mkdirSync(join(folder, "empty"));
});

const score = (...args: string[]) =>
  runWeft(["run", "score.weft", "--device", "software", ...args], folder);

describe("weft run", () => {
  test("takes sizes from the inputs and writes what the mode gives", async () => {
    const args = [
      "--mode",
      "both",
      "--weights",
      "good.safetensors",
      "--in",
      "pixels=inputs.safetensors:pixels",
    ];
    const { exitCode, stdout, stderr } = await score(...args, "--out", "out.safetensors");
    expect(`${exitCode} ${stderr}`).toMatch(/^0 device: .*software/s);
    expect(stderr).toContain("wrote out.safetensors");
    expect(stdout).toContain("f32[B = 2, Class = 3]");
    const { data: pixels } = readTensor(join(folder, "inputs.safetensors"), "pixels");
    const found = readTensor(join(folder, "out.safetensors"), "score");
    const mean = readTensor(join(folder, "out.safetensors"), "mean");
    expect(found.shape).toEqual([2, 3]);
    for (let image = 0; image < 2; image += 1) {
      const own = [...pixels.subarray(image * 192, (image + 1) * 192)];
      expect(mean.data[image]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / 192, 6);
      for (let label = 0; label < 3; label += 1) {
        const sum = own.reduce(
          (total, value, at) => total + value * Math.fround(Math.sin(label * 192 + at) / 10),
          label,
        );
        expect(found.data[image * 3 + label]).toBeCloseTo(sum, 4);
      }
    }
  });

  test("writes a single output as .npy, and two not", async () => {
    const input = ["--in", "pixels=random:4", "--batch", "3"];
    const single = await score("--mode", "classify", ...input, "--out", "out.npy");
    expect(`${single.exitCode} ${single.stderr}`).toMatch(/^0 /);
    expect(readNpy(join(folder, "out.npy")).shape).toEqual([3, 3]);
    const two = await score("--mode", "both", ...input, "--out", "out.npy");
    expect(two.exitCode).toBe(2);
    expect(two.stderr).toContain("a .npy file holds one output");
  });

  test("gives the same numbers for the same seed, in JSON too", async () => {
    const args = [
      "--mode",
      "classify",
      "--in",
      "pixels=random:4",
      "--weights",
      "random:9",
      "--json",
    ];
    const [first, second] = [await score(...args), await score(...args)];
    const outputs = (text: string) => (JSON.parse(text) as { outputs: unknown[] }).outputs;
    expect(outputs(first.stdout)).toEqual(outputs(second.stdout));
    const other = await score(...args.map((arg) => (arg === "random:9" ? "random:10" : arg)));
    expect(outputs(other.stdout)).not.toEqual(outputs(first.stdout));
  });

  test("weights come back as they were written", async () => {
    const checkpoint = Checkpoint.open(join(folder, "good.safetensors"));
    expect([...checkpoint.tensors.keys()]).toEqual(["head.weight", "head.bias"]);
    checkpoint.close();
  });
});

describe("what is wrong with the input is one diagnostic", () => {
  const pixels = ["--in", "pixels=inputs.safetensors:pixels"];
  const cases: readonly (readonly [string, readonly string[], string, number])[] = [
    ["an unknown mode", ["--mode", "clasify", ...pixels], "unknown-mode", 1],
    ["an unknown model", ["--model", "Scores", ...pixels], "unknown-model", 1],
    ["no choice of mode", [...pixels], "which-mode", 2],
    ["a missing input", ["--mode", "classify"], "input-missing", 1],
    [
      "a missing input file",
      ["--mode", "classify", "--in", "pixels=nothing.npy"],
      "file-missing",
      1,
    ],
    ["an unknown input", ["--mode", "classify", "--in", "pixel=random:1"], "input-unknown", 1],
    [
      "a missing tensor of a file",
      ["--mode", "classify", "--in", "pixels=inputs.safetensors:pixls"],
      "tensor-missing",
      1,
    ],
    [
      "a wrong shape",
      ["--mode", "classify", "--in", "pixels=inputs.safetensors:wrong"],
      "wrong-shape",
      1,
    ],
    [
      "a picture that is none",
      ["--mode", "classify", "--in", "pixels=text.jpg"],
      "not-an-image",
      1,
    ],
    [
      "a picture where none can be",
      ["--mode", "both", "--in", "pixels=text.jpg"],
      "not-an-image-input",
      1,
    ],
    [
      "missing weights",
      ["--mode", "classify", ...pixels, "--weights", "none.safetensors"],
      "file-missing",
      1,
    ],
    [
      "a folder without weights",
      ["--mode", "classify", ...pixels, "--weights", "empty"],
      "no-weights-in-folder",
      1,
    ],
    [
      "truncated weights",
      ["--mode", "classify", ...pixels, "--weights", "cut.safetensors"],
      "file-truncated",
      1,
    ],
    [
      "weights that are none",
      ["--mode", "classify", ...pixels, "--weights", "text.jpg"],
      "not-safetensors",
      1,
    ],
    [
      "NaN weights with --guard",
      ["--mode", "classify", ...pixels, "--weights", "nan.safetensors", "--guard"],
      "nan-found",
      1,
    ],
    [
      "an unknown override",
      ["--mode", "classify", ...pixels, "--set", "imgae=9"],
      "unknown-override",
      1,
    ],
    ["an unknown device", ["--mode", "classify", ...pixels, "--device", "abacus"], "no-adapter", 3],
  ];

  test.each(cases)("%s", async (_name, args, code, exit) => {
    const { exitCode, stdout, stderr } = await score(...args);
    expect(`${exitCode} ${stderr}`).toMatch(new RegExp(`^${exit} [\\s\\S]*error\\[${code}\\]`));
    expect(stderr.match(/error\[/g)).toHaveLength(1);
    expect(stdout).toBe("");
  });

  test("a missing model file", async () => {
    const { exitCode, stderr } = await runWeft(["run", "none.weft", "--mode", "classify"], folder);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error[file-missing]: there is no file `none.weft`");
  });

  test.each([
    ["short.safetensors", "head.bias"],
    ["turned.safetensors", "head.weight"],
  ])("weights that do not fit: %s", async (weights, key) => {
    const { exitCode, stderr } = await score("--mode", "classify", ...pixels, "--weights", weights);
    expect(`${exitCode} ${stderr}`).toMatch(/^1 /);
    expect(stderr.match(/error\[/g)).toHaveLength(1);
    expect(stderr).toContain(key);
  });

  test("with --json it is the result", async () => {
    const { exitCode, stdout } = await score(
      "--mode",
      "classify",
      "--in",
      "pixels=text.jpg",
      "--json",
    );
    expect(exitCode).toBe(1);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; message: string }[];
    };
    expect(diagnostics.map(({ code }) => code)).toEqual(["not-an-image"]);
  });
});

describe("weft bench", () => {
  test("times every kernel of a mode", async () => {
    const args = [
      "bench",
      "score.weft",
      "--mode",
      "classify",
      "--device",
      "software",
      "--runs",
      "2",
      "--json",
    ];
    const { exitCode, stdout, stderr } = await runWeft(args, folder);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    const { reports } = JSON.parse(stdout) as {
      reports: { kernels: { timeMs: number; share: number }[]; gflops: number }[];
    };
    const [report] = reports;
    expect(report?.gflops).toBeGreaterThan(0);
    const shares = report?.kernels.map((kernel) => kernel.share) ?? [];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  test("times products of matrices", async () => {
    const args = [
      "bench",
      "--gemm",
      "16x32x24",
      "--gemm",
      "7x5x3",
      "--device",
      "software",
      "--runs",
      "1",
    ];
    const { exitCode, stdout, stderr } = await runWeft(args, folder);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stdout.match(/GFLOP\/s/g)?.length).toBeGreaterThanOrEqual(4);
  });
});

describe("devices", () => {
  test("are listed, and the doctor finds that one of them computes", async () => {
    const { stdout } = await runWeft(["devices", "--json"]);
    const { adapters } = JSON.parse(stdout) as {
      adapters: { name: string; limits: Record<string, number> }[];
    };
    expect(adapters.length).toBeGreaterThan(0);
    for (const { limits } of adapters)
      expect(limits.maxStorageBufferBindingSize).toBeGreaterThan(0);
    const doctor = await runWeft(["doctor"]);
    expect(doctor.stdout).toContain("a small model compiled and ran on");
    expect(doctor.exitCode).toBe(0);
  });
});
