import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  grad,
  load,
  readSafetensors,
  train,
  writeSafetensors,
} from "../../../compiler/api/library.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { Checkpoint } from "../../../runtime/weights/checkpoint.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const classes = 3;
const watched = Array.from({ length: classes }, (_, n) => `y${n}`);

/** Layers with one axis and several, whose weights a file has whole, in two tensors and turned. */
const text = `
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

model Chain(In: int = 7) {
  axis X = In
  axis Mid = 6
  axis H = 2
  axis K = 4
  axis Out = 5
  axis Class = ${classes}
  use first = Linear<X, Mid>()
  use heads = Linear<Mid, (H, K)>()
  use join = Linear<(H, K), Out>()
  use last = Linear<Out, Class>()

  mode run(x: f32[B, X]) -> f32[B, Class] {
    f32(last(join(heads(first(real(x))))))
  }
}

weights published of Chain {
  config "config.json" {
    In = "width"
  }
  prefix "net."
  map first.weight = concat("q", "k")
  map join = "mixed"
  map last.weight = transpose("kernel")
}

stage learn of Chain(x: f32[B, X], wanted: f32[B, Class]) {
  adapt first, heads, join with lora(rank: 2, alpha: 6, dropout: 0.2)
  adapt last with lora(rank: 1, alpha: 0.5)
  train adapters at lr 0.02
  freeze everything else
  optimizer Sgd()
  ema 0.5
  steps 6
  batch 4
  loss {
    mean{B, Class}((run(x) - wanted) ^ 2)
  }
}

stage plain of Chain(x: f32[B, X], wanted: f32[B, Class]) {
  train everything else at lr 0.01
  optimizer Sgd()
  steps 2
  batch 4
  loss {
    mean{B, Class}((run(x) - wanted) ^ 2)
  }
}

stage look of Chain(x: f32[B, X]) {
  adapt first, heads, join with lora(rank: 2, alpha: 6)
  adapt last with lora(rank: 1, alpha: 0.5)
  train adapters at lr 1.0
  freeze everything else
  optimizer Sgd()
  batch 1
  loss {
    let y = run(x)
${watched.map((name, n) => `    let ${name} = sum{B}(take{Class: ${n}}(y))`).join("\n")}
    ${watched.join(" + ")}
  }
  watch ${watched.join(", ")}
}
`;

const folder = mkdtempSync(join(tmpdir(), "weft-export-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "chain.weft");
writeFileSync(file, text);

function numbers(shape: readonly number[], seed: number) {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin(7 * n + seed));
  return { element: "f32", shape, data } as const;
}

const published = join(folder, "published");
const record = { x: numbers([1, 7], 20) };
const batches = join(folder, "batches.safetensors");
writeSafetensors(join(published, "model.safetensors"), {
  "net.q": numbers([4, 7], 1),
  "net.k": numbers([2, 7], 2),
  "net.first.bias": numbers([6], 3),
  "net.heads.weight": numbers([8, 6], 4),
  "net.heads.bias": numbers([8], 5),
  "net.mixed.weight": numbers([5, 8], 6),
  "net.mixed.bias": numbers([5], 7),
  "net.kernel": numbers([5, classes], 8),
  "net.last.bias": numbers([classes], 9),
});
writeFileSync(join(published, "config.json"), JSON.stringify({ width: 7 }));
writeSafetensors(batches, { x: numbers([3, 4, 7], 10), wanted: numbers([3, 4, classes], 11) });

describe("weft export of a run on lavapipe", () => {
  let device: Device | undefined;
  const run = join(folder, "run");
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
    if (device === undefined) return;
    const request = { file, batches, weights: published, device };
    for await (const _ of await train({ ...request, stage: "learn", out: run }));
    const other = { ...request, stage: "plain", out: join(folder, "plain") };
    for await (const _ of await train(other));
  }, 300_000);
  afterAll(() => device?.dispose());

  const checkpoint = (name: string) => join(run, "checkpoints", "step-6", `${name}.safetensors`);
  const exportAs = (...more: readonly string[]) =>
    runWeft(["export", "run", "--to", "safetensors", ...more], folder);

  /** What the model gives with weights that are nothing but its own. */
  async function outputsOf(weights: string): Promise<readonly number[]> {
    const request = { file, model: "Chain", mode: "run", weights, cache: false };
    const loaded = await load({ ...request, ...(device && { device }) });
    try {
      const [result] = Object.values(await loaded.run(record));
      return [...(result?.data ?? [])].map(Number);
    } finally {
      loaded.dispose();
    }
  }

  test("merged weights are those of the file, by key and shape, and give what the adapted model gives", async (context) => {
    if (device === undefined) return context.skip();
    const { exitCode, stderr } = await exportAs("--merge", "--out", "merged");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("9 tensors of run/checkpoints/step-6, 5 with their adapters\n");
    const before = readSafetensors(join(published, "model.safetensors"));
    const merged = readSafetensors(join(folder, "merged", "model.safetensors"));
    const shapes = (some: typeof merged) =>
      Object.fromEntries(Object.entries(some).map(([key, { shape }]) => [key, shape]));
    expect(shapes(merged)).toEqual(shapes(before));
    expect(readFileSync(join(folder, "merged", "config.json"), "utf8")).toBe('{"width":7}');
    // Of the run itself the means of its weights would be taken.
    const weights = checkpoint("weights");
    const { watches } = await grad({ file, stage: "look", weights, inputs: record, device });
    const adapted = watched.map((name) => watches[name] ?? Number.NaN);
    const [found, plain] = [await outputsOf(join(folder, "merged")), await outputsOf(published)];
    for (const [n, value] of adapted.entries()) {
      expect(Math.abs((found[n] ?? Number.NaN) - value)).toBeLessThan(1e-6);
      expect(Math.abs((plain[n] ?? Number.NaN) - value)).toBeGreaterThan(1e-3);
    }
  });

  test("unmerged ones are the checkpoint's, bit for bit, and means stand for weights where they are asked for", async (context) => {
    if (device === undefined) return context.skip();
    const plain = await exportAs("--out", "plain.safetensors");
    expect(plain.exitCode, plain.stderr).toBe(0);
    expect(plain.stderr).toContain("`--merge` adds them to the weights");
    expect(plain.stderr).toContain("config.json: `--config` takes it");
    const weights = readSafetensors(checkpoint("weights"));
    expect(readSafetensors(join(folder, "plain.safetensors"))).toEqual(weights);
    const means = await exportAs("--ema", "--out", "means.safetensors");
    expect(means.exitCode, means.stderr).toBe(0);
    expect(means.stderr).toContain("17 tensors of run/checkpoints/step-6, 8 of them means\n");
    const { step, ...kept } = readSafetensors(checkpoint("ema"));
    expect(step?.shape).toEqual([]);
    expect(Object.keys(kept)).toHaveLength(8);
    const found = readSafetensors(join(folder, "means.safetensors"));
    expect(found).toEqual({ ...weights, ...kept });
    expect(found).not.toEqual(weights);
  });

  test("halves are the nearest numbers of f16, and take half of the bytes", async (context) => {
    if (device === undefined) return context.skip();
    const { exitCode, stderr } = await exportAs("--half", "--out", "half.safetensors");
    expect(exitCode, stderr).toBe(0);
    const weights = readSafetensors(checkpoint("weights"));
    const stored = Checkpoint.open(join(folder, "half.safetensors"));
    expect(new Set([...stored.tensors.values()].map(({ dtype }) => dtype))).toEqual(
      new Set(["F16"]),
    );
    stored.close();
    const halves = readSafetensors(join(folder, "half.safetensors"));
    expect(Object.keys(halves)).toEqual(Object.keys(weights));
    for (const [key, { shape, data }] of Object.entries(halves)) {
      const whole = weights[key];
      expect(shape).toEqual(whole?.shape);
      for (const [n, value] of [...(whole?.data ?? [])].entries()) {
        const spacing = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(Number(value))))) - 10);
        expect(Math.abs(Number(data[n]) - Number(value))).toBeLessThanOrEqual(spacing / 2);
      }
    }
  });

  test.each<[string, readonly string[], number, string]>([
    ["no place", ["run", "--to", "safetensors"], 2, "weights are written to `--out`"],
    ["no run", ["none", "--to", "safetensors", "--out", "no"], 1, "there is no run in it"],
    ["no means", ["plain", "--to", "safetensors", "--ema", "--out", "no"], 1, "keeps no means"],
    [
      "no adapters",
      ["plain", "--to", "safetensors", "--merge", "--out", "no"],
      1,
      "adapts nothing",
    ],
    ["an option of bindings", ["run", "--to", "safetensors", "--model", "Chain"], 2, "`--model`"],
    ["an option of weights", ["chain.weft", "--to", "ts", "--merge"], 2, "`--merge`"],
    ["halves of bindings", ["chain.weft", "--to", "ts", "--half"], 2, "`--half`"],
  ])("tells of %s", async (_, args, code, message) => {
    if (device === undefined) return;
    const { exitCode, stderr } = await runWeft(["export", ...args], folder);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(code);
    expect(existsSync(join(folder, "no"))).toBe(false);
  });
});
