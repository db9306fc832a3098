import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { collect, ids, open } from "../support/models/generation.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const oracle = resolve("../shared/oracle/internvl-tiny");
const folder = mkdtempSync(join(tmpdir(), "weft-generate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prompt = [1, 17, 300, 42, 5];

describe.each(testDrivers)("generation on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test("captions as the official code does, with the logits of every step", async (context) => {
    if (device === undefined) return context.skip();
    if (!existsSync(oracle)) {
      console.log("skipped: ../shared/oracle is not here");
      return context.skip();
    }
    const given = join(oracle, "caption_inputs.safetensors");
    const out = join(folder, `${driver}.safetensors`);
    const { exitCode, stdout, stderr } = await runWeft([
      ...["generate", "models/internvl/internvl.weft", "--model", "InternVL", "--mode", "caption"],
      ...["--weights", oracle, "--in", `pixels=${given}:pixel_values`],
      ...["--in", `ids=${given}:prompt_ids`, "--max-new-tokens", "16", "--ignore-eos"],
      ...["--logits", "--out", out, "--device", driver, "--no-cache"],
    ]);
    expect(`${exitCode} ${exitCode === 0 ? "" : stderr}`).toBe("0 ");
    const right = (key: string) => readTensor(join(oracle, "outputs.safetensors"), key);
    const tokens = readTensor(out, "tokens");
    expect([...tokens.data]).toEqual([...right("caption.tokens").data]);
    expect(stdout).toBe(`${[...tokens.data].join(" ")}\n`);
    const logits = readTensor(out, "step_logits");
    expect(logits.shape).toEqual([1, 17, 211]);
    expect(relativeError(logits.data, right("caption.step_logits").data)).toBeLessThan(5e-6);
    const prefill = right("caption.prefill_logits").data;
    expect(relativeError(logits.data.slice(0, 211), prefill.slice(-211))).toBeLessThan(5e-6);
    expect(stderr).toContain("prompt: 5 tokens, padded to 16");
    expect(stderr).toMatch(/16 tokens in .* then [\d.]+ tokens\/s/);
  }, 120_000);

  test("a prompt of any length up to the caches takes its bucket", async (context) => {
    if (device === undefined) return context.skip();
    const generator = await open(device);
    expect(generator.buckets).toEqual([16, 32, 64, 128]);
    const long = Array.from({ length: 128 }, (_, n) => 3 + ((n * 29) % 480));
    const tokens: (readonly number[])[] = [];
    for (const length of [5, 16, 17, 100]) {
      const read = await generator.read({ ids: ids(long.slice(0, length)) });
      expect([read.tokens, read.bucket]).toEqual([
        length,
        [16, 32, 64, 128].find((bucket) => bucket >= length),
      ]);
      const { sequences } = await collect(generator.generate(read, { maxNewTokens: 6 }));
      tokens.push(sequences[0]?.tokens ?? []);
    }
    // The same from a program that was made for one length.
    const alone = await open(device, { inputs: { ids: ids(long.slice(0, 17)) } });
    expect(alone.buckets).toEqual([32]);
    const read = await alone.read({ ids: ids(long.slice(0, 17)) });
    const { sequences } = await collect(alone.generate(read, { maxNewTokens: 6 }));
    expect(sequences[0]?.tokens).toEqual(tokens[2]);
    await expect(generator.read({ ids: ids([...long, 7]) })).rejects.toMatchObject({
      code: "prompt-too-long",
    });
    generator.dispose();
    alone.dispose();
  }, 120_000);

  test("rows of a batch do not see each other's padding", async (context) => {
    if (device === undefined) return context.skip();
    const rows = [prompt, [1, 9], [1, 400, 8, 8, 61, 12, 30]];
    const settings = { ignoreEnd: true };
    const together = await open(device, { settings, inputs: { ids: ids(...rows) } });
    const read = await together.read({ ids: ids(...rows) });
    const all = await collect(together.generate(read, { maxNewTokens: 8 }));
    const alone = await open(device, { settings });
    for (const [n, row] of rows.entries()) {
      const own = await alone.read({ ids: ids(row) });
      const { sequences } = await collect(alone.generate(own, { maxNewTokens: 8 }));
      expect(sequences[0]?.tokens).toEqual(all.sequences[n]?.tokens);
    }
    together.dispose();
    alone.dispose();
  }, 120_000);

  test("it ends at an end token, not before the least, and where the caches are full", async (context) => {
    if (device === undefined) return context.skip();
    const inputs = { ids: ids(prompt) };
    const free = await open(device, { inputs, settings: { ignoreEnd: true } });
    const read = await free.read(inputs);
    const all = await collect(free.generate(read, { maxNewTokens: 1000 }));
    // 128 slots: the last token is the one that has none.
    expect(all.sequences[0]?.ending).toBe("context-full");
    expect(all.sequences[0]?.tokens).toHaveLength(128 - prompt.length + 1);
    free.dispose();

    const tokens = all.sequences[0]?.tokens ?? [];
    const end = tokens[2] ?? 0;
    const first = tokens.indexOf(end) + 1;
    const ending = await open(device, { inputs, settings: { ends: [end] } });
    const short = await collect(ending.generate(read, { maxNewTokens: 20 }));
    expect(short.sequences[0]).toMatchObject({
      tokens: tokens.slice(0, first),
      ending: "end-token",
    });
    ending.dispose();

    const least = await open(device, { inputs, settings: { ends: [end], minNewTokens: 6 } });
    const longer = await collect(least.generate(read, { maxNewTokens: 20 }));
    const found = longer.sequences[0]?.tokens ?? [];
    expect(found.length).toBeGreaterThan(6);
    expect(found.slice(0, 6)).not.toContain(end);
    expect(found.slice(0, first - 1)).toEqual(tokens.slice(0, first - 1));
    least.dispose();
  }, 120_000);

  test("a token costs one submit, makes nothing, and few dispatches", async (context) => {
    if (device === undefined) return context.skip();
    const inputs = { ids: ids(prompt) };
    const set = { depth: 8 };
    const generator = await open(device, { inputs, set, settings: { ignoreEnd: true } });
    const decode = generator.artifact.steps.at(-1);
    expect((decode?.to ?? 0) - (decode?.from ?? 0)).toBeLessThanOrEqual(maxDispatches);
    const read = await generator.read(inputs);
    await collect(generator.generate(read, { maxNewTokens: 2 }));
    const counted = countCalls(device.gpu);
    try {
      const many = 9;
      await collect(generator.generate(read, { maxNewTokens: many }));
      const { submit, ...made } = counted.calls;
      // One for the prompt and one for each token after the first; and the states are cleared once.
      expect(submit).toBe(many + 1);
      expect(made).toEqual({
        createBuffer: 0,
        createBindGroup: 0,
        createComputePipeline: 0,
        createComputePipelineAsync: 0,
        createShaderModule: 0,
      });
    } finally {
      counted.restore();
    }
    generator.dispose();
  }, 120_000);

  test("samples with the frequencies of the distribution", async (context) => {
    if (device === undefined) return context.skip();
    const rows = 64;
    const inputs = { ids: ids(...Array.from({ length: rows }, () => prompt)) };
    const set = { Vocab: 320, depth: 1 };
    const sharp = { temperature: 0.1, topK: 12, topP: 0.9, ignoreEnd: true };
    const greedy = await open(device, { inputs, set, settings: { keepLogits: true } });
    const read = await greedy.read(inputs);
    const { logits } = await collect(greedy.generate(read, { maxNewTokens: 1, keepLogits: true }));
    greedy.dispose();
    const row = [...(logits[0]?.data.slice(0, 320) ?? [])];
    const share = distribution(row, sharp);
    const sampling = await open(device, { inputs, set, settings: sharp });
    const counts = new Map<number, number>();
    const seeds = 12;
    for (let seed = 0; seed < seeds; seed++) {
      const { events } = await collect(sampling.generate(read, { maxNewTokens: 1 }, seed));
      for (const { token } of events) counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    sampling.dispose();
    expect([...counts.keys()].filter((token) => !share.has(token))).toEqual([]);
    expect(share.size).toBeGreaterThan(2);
    const draws = seeds * rows;
    const chiSquare = [...share].reduce((sum, [token, part]) => {
      const expected = draws * part;
      return sum + ((counts.get(token) ?? 0) - expected) ** 2 / expected;
    }, 0);
    // The 99.9th percentile with 11 degrees of freedom, which top-k leaves at most.
    expect(chiSquare).toBeLessThan(31.3);
  }, 120_000);
});

describe("weft generate says what is wrong before it reads weights", () => {
  const text = ["--tokenizer", "examples", "--in", "ids=hello"];
  const long = `ids=${"hello ".repeat(99)}`;
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["an input that is not there", ["--in", "id=hello"], "input-unknown"],
    ["an input that is missing", [], "input-missing"],
    ["a text without a tokenizer", ["--in", "ids=hello"], "no-tokenizer"],
    ["a prompt too long", ["--tokenizer", "examples", "--in", long], "prompt-too-long"],
    ["a top-k beyond the vocabulary", [...text, "--top-k", "600"], "sampling-setting"],
    ["a mode without steps", ["--mode", "logits", ...text], "not-generating"],
  ];
  test.each(wrong)("%s", async (_, options, code) => {
    const file = ["generate", "models/llama/llama.weft", "--model", "Llama_tiny"];
    const mode = options.includes("--mode") ? [] : ["--mode", "generate"];
    const { exitCode, stdout, stderr } = await runWeft([
      ...[...file, ...mode, "--device", "software"],
      ...options,
    ]);
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).not.toContain("weights:");
    expect([exitCode, stdout]).toEqual([1, ""]);
  });
});

/** For 8 layers, with the choice of the token. */
const maxDispatches = 45;

/** What top-k, then top-p leave of a softmax, renormalised. */
function distribution(
  logits: readonly number[],
  { temperature, topK, topP }: { temperature: number; topK: number; topP: number },
): ReadonlyMap<number, number> {
  const order = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  const top = logits[order[0] ?? 0] ?? 0;
  const kept = order.slice(0, topK);
  const weight = (id: number) => Math.exp(((logits[id] ?? 0) - top) / temperature);
  const total = kept.reduce((sum, id) => sum + weight(id), 0);
  const left: number[] = [];
  let before = 0;
  for (const id of kept) {
    if (before >= topP * total) break;
    left.push(id);
    before += weight(id);
  }
  return new Map(left.map((id) => [id, weight(id) / before]));
}

/** Counts what is made on a device while it is watched. */
function countCalls(gpu: GPUDevice) {
  const calls = {
    submit: 0,
    createBuffer: 0,
    createBindGroup: 0,
    createComputePipeline: 0,
    createComputePipelineAsync: 0,
    createShaderModule: 0,
  };
  const restore: (() => void)[] = [];
  const watch = (target: object, name: keyof typeof calls): void => {
    const before: unknown = Reflect.get(target, name);
    if (typeof before !== "function") throw new Error(`there is no ${name}`);
    Object.defineProperty(target, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        calls[name] += 1;
        return before.apply(target, args);
      },
    });
    restore.push(() => Reflect.deleteProperty(target, name));
  };
  for (const name of Object.keys(calls) as (keyof typeof calls)[])
    watch(name === "submit" ? gpu.queue : gpu, name);
  return {
    calls,
    restore: () => {
      for (const undo of restore) undo();
    },
  };
}
