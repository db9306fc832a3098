import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DryRunReport } from "../../compiler/cli/report/dry-run-report.ts";
import { writeNpy } from "../../runtime/files/npy.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { writeElements } from "../support/kernels/write-elements.ts";
import { officialCheckpoints, writeSparse } from "../support/models/official-checkpoints.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));
const weights = join(folder, "weights");

/** Small multiples of 1/8, which BF16 holds exactly: the same numbers for the file and for what is expected. */
function pattern(count: number, step: number, range: number): Float32Array {
  return Float32Array.from({ length: count }, (_, n) => (((n * step) % range) - (range >> 1)) / 8);
}

const width = 4096;
const hidden = 11008;
const layer = "qllama.model.layers.0.";
const data = {
  word: pattern(width, 5, 11),
  lastWord: pattern(width, 3, 7),
  finalNorm: pattern(width, 1, 5),
  norm: pattern(width, 2, 9),
  gate: pattern(width, 7, 13),
  up: pattern(width, 11, 15),
  down: pattern(width, 13, 17),
  projection: pattern(width * 768, 17, 19),
};

/** The hidden state of a text whose last token has this embedding, after one layer and the final norm. */
function embedded(word: Float32Array): Float64Array {
  const normed = rms(word, data.norm);
  const dot = (row: Float32Array): number =>
    row.reduce((sum, w, n) => sum + w * (normed[n] ?? 0), 0);
  const gate = dot(data.gate);
  const inner = (gate / (1 + Math.exp(-gate))) * dot(data.up);
  const x = Float64Array.from(word, (value, n) => value + inner * (data.down[n] ?? 0));
  const h = rms(x, data.finalNorm);
  const out = new Float64Array(768);
  for (let row = 0; row < width; row++) {
    for (let n = 0; n < 768; n++)
      out[n] = (out[n] ?? 0) + (h[row] ?? 0) * (data.projection[row * 768 + n] ?? 0);
  }
  return out;
}

function rms(x: Float32Array | Float64Array, weight: Float32Array): Float64Array {
  let square = 0;
  for (const value of x) square += (value * value) / x.length;
  return Float64Array.from(x, (value, n) => (value / Math.sqrt(square + 1e-6)) * (weight[n] ?? 0));
}

/** One is enough for a test of seconds. */
async function anyDriver(): Promise<string | undefined> {
  for (const driver of testDrivers.toReversed()) {
    const device = await openTestDevice(driver);
    device?.dispose();
    if (device !== undefined) return driver;
  }
  return undefined;
}

beforeAll(() => {
  writeSparse(weights, officialCheckpoints["InternVL-14B-Flickr30K-FT-364px"]);
  // The three shards have a part each; what is not written is a hole, read as zeros.
  writeElements(weights, "text_projection", data.projection);
  writeElements(weights, "qllama.model.embed_tokens.weight", data.word, { first: 2 * width });
  writeElements(weights, "qllama.model.embed_tokens.weight", data.lastWord, {
    first: 49_953 * width,
  });
  writeElements(weights, `${layer}post_attention_layernorm.weight`, data.norm);
  const last = (hidden - 1) * width;
  writeElements(weights, `${layer}mlp.gate_proj.weight`, data.gate, { first: last });
  writeElements(weights, `${layer}mlp.up_proj.weight`, data.up, { first: last });
  writeElements(weights, `${layer}mlp.down_proj.weight`, data.down, {
    first: hidden - 1,
    step: hidden,
  });
  writeElements(weights, "qllama.model.norm.weight", data.finalNorm);
  writeNpy(join(folder, "ids.npy"), {
    element: "i32",
    shape: [2, 4],
    data: Int32Array.of(1, 5, 2, 0, 1, 49_953, 0, 0),
  });
});

describe("the text side of a 27 GB InternVL", () => {
  test("has the right values, and the host holds little besides the device", async () => {
    const driver = await anyDriver();
    if (driver === undefined) return;
    const out = join(folder, `${driver}.safetensors`);
    // One of 32 layers: what the fine-tuned layout does not know, it ignores.
    const mode = ["models/internvl/internvl.weft", "--model", "InternVL", "--mode", "encode_text"];
    const depth = ["--set", "qllama.depth=1", "--set", "vision_model.depth=1"];
    const ids = ["--in", `ids=${join(folder, "ids.npy")}`];
    const args = [
      "run",
      ...mode,
      ...depth,
      ...ids,
      "--weights",
      weights,
      "--layout",
      "internvl_ft",
    ];
    const dry = await runWeft([...args, "--dry-run", "--json"], root);
    const report = JSON.parse(dry.stdout) as DryRunReport;
    expect(report.readBytes).toBeGreaterThan(0.8e9);

    const more = ["--device", driver, "--out", out, "--no-cache"];
    const peak = 'process.on("exit",()=>console.error("peak",process.resourceUsage().maxRSS))';
    const node = ["--import", `data:text/javascript,${peak}`, "bin/weft.mjs", ...args, ...more];
    const { status, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/weights: 1\.5\d GiB from .* in [\d.]+ m?s \([\d.]+ [MG]iB\/s\)/);
    // A software device keeps its memory in this process.
    const kilobytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]);
    const beyond = kilobytes * 1024 - (report.device?.totalBytes ?? 0);
    console.log(`${driver}: ${Math.round(beyond / 2 ** 20)} MiB beyond what the device holds`);
    expect(beyond).toBeLessThan(512 * 2 ** 20);

    const found = readTensor(out, "output");
    expect(found.shape).toEqual([2, 768]);
    const wanted = [...embedded(data.word), ...embedded(data.lastWord)];
    const scale = Math.max(...wanted.map(Math.abs));
    const error = wanted.map((value, n) => Math.abs(value - Number(found.data[n])));
    expect(Math.max(...error) / scale).toBeLessThan(1e-5);
  });
});
