import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { runWeft } from "../support/texts/run-weft.ts";

/** There is no such device, so whoever opens it first ends with `no-adapter`. */
const nowhere = ["--device", "no device is called so"];
const internvit = ["models/internvit/internvit.weft", "--model", "InternViT_tiny"];
const forward = [...internvit, "--mode", "forward", ...nowhere];
const llama = [
  "models/llama/llama.weft",
  "--model",
  "Llama_tiny",
  "--mode",
  "generate",
  ...nowhere,
];

const folder = mkdtempSync(join(tmpdir(), "weft-first-"));
const weights = join(folder, "model.safetensors");
beforeAll(() =>
  writeSafetensors(weights, { w: { element: "f32", shape: [1], data: Float32Array.of(1) } }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is wrong with inputs and options is said before a device is opened", () => {
  test.each<[string, readonly string[], string]>([
    ["a missing input", ["run", ...forward], "error[input-missing]: the input `pixels`"],
    [
      "an unknown input",
      ["run", ...forward, "--in", "pixel=random:1"],
      "did you mean `--in pixels=...`?",
    ],
    ["an unknown input to time", ["bench", ...forward, "--in", "pixel=random:1"], "input-unknown"],
    ["a missing prompt", ["generate", ...llama], "error[input-missing]: the input `ids`"],
    ["an unknown prompt", ["generate", ...llama, "--in", "id=hello"], "input-unknown"],
    [
      "a mode that is not there",
      ["run", ...internvit, "--mode", "forwad", ...nowhere],
      "unknown-mode",
    ],
    [
      "a setting that is not there",
      ["run", ...forward, "--set", "imag=56", "--in", "pixels=random:1"],
      "unknown-override",
    ],
    ["an axis that is not there", ["bench", ...forward, "--size", "C=2"], "error[unknown-axis]"],
    [
      "a layout that is not there",
      ["generate", ...llama, "--layout", "hf2", "--weights", weights, "--in", "ids=hello"],
      "unknown-layout",
    ],
  ])("%s", async (_, args, message) => {
    const { exitCode, stderr } = await runWeft([...args, "--no-cache"]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("no-adapter");
    expect(exitCode).toBe(1);
  });
});
