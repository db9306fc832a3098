import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelOverride } from "../../compiler/2-check/core/override-table.ts";
import type { ElaboratedMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import { reachedFrom } from "../../compiler/ir/graph/graph-results.ts";
import type { Extent } from "../../compiler/ops/define-op.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { numbersFor } from "../support/graphs/random-tensors.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { optimizedSteps, StepRun } from "../support/graphs/run-steps.ts";
import { statesIn } from "../support/graphs/stored-kinds.ts";
import { readCheckpoint } from "../support/models/read-checkpoint.ts";
import { elaborateFile, elaborateText } from "../support/texts/check-text.ts";

/** Data by path, the same in every mode of a model. */
function weights(path: string, value: Value, extent: Extent): Float64Array {
  const seed = [...path].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65537, 7);
  return numbersFor(value, extent, seed, [-0.6, 0.6]);
}

interface Elaborated {
  readonly mode: ElaboratedMode | undefined;
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[];
}

function modeOf({ mode, diagnostics }: Elaborated): ElaboratedMode {
  expect(diagnostics.map((one) => `${one.code}: ${one.message}`)).toEqual([]);
  if (mode === undefined) throw new Error("no mode");
  return mode;
}

function elaborated(
  file: string,
  model: string,
  mode: string,
  set: Readonly<Record<string, number>> = {},
): ElaboratedMode {
  const overrides = Object.entries(set).map(([path, value]): ModelOverride => ({ path, value }));
  return modeOf(elaborateFile(file, model, mode, overrides));
}

function row(data: readonly number[] | undefined, n: number, width: number): readonly number[] {
  return (data ?? []).slice(n * width, (n + 1) * width);
}

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((one, n) => Math.abs(one - (b[n] ?? Number.NaN))));
}

function largest(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}

describe("cached decoding equals recomputation", () => {
  const prompts = [
    [5, 11, 3],
    [7, 2, 9, 14, 6],
  ];
  const longest = Math.max(...prompts.map((one) => one.length));
  const padded = prompts.flatMap((one) => [...one, ...Array(longest - one.length).fill(0)]);

  test("in LLaMA, with prompts of different lengths", () => {
    const vocab = 17;
    const set = { Vocab: vocab, D: 8, Heads: 2, Hidden: 12, Slot: 12, depth: 3 };
    const file = "models/llama/llama.weft";
    const run = new StepRun(elaborated(file, "Llama", "generate", set), weights);
    const whole = new StepRun(elaborated(file, "Llama", "logits", set), weights);
    const texts = prompts.map((one) => [...one]);
    let logits = run.call("prefill", { ids: padded }, { B: 2, N: longest }).output;
    for (let step = 0; step < 6; step++) {
      const tokens = texts.map((text, n) => {
        const all = whole.call("logits", { ids: text }, { B: 1, N: text.length }).output;
        const right = row(all, text.length - 1, vocab);
        expect(distance(row(logits, n, vocab), right)).toBeLessThan(1e-12);
        const token = Math.max(1, largest(right));
        text.push(token);
        return token;
      });
      logits = run.call("decode", { token: tokens }, { B: 2 }).output;
    }
    expect(run.state("length")).toEqual(prompts.map((one) => one.length + 6));
  });

  test("and after all passes", () => {
    const set = { Vocab: 17, D: 8, Heads: 2, Hidden: 12, Slot: 9, depth: 2 };
    const mode = elaborated("models/llama/llama.weft", "Llama", "generate", set);
    const sizes = { B: 2, N: longest };
    const optimized = optimizedSteps(mode, sizes);
    const runs = [mode, optimized].map((steps) => new StepRun(steps, weights));
    const same = (step: string, inputs: Parameters<StepRun["call"]>[1]): void => {
      const [written, rewritten] = runs.map((run) => run.call(step, inputs, sizes).output ?? []);
      expect(distance(written ?? [], rewritten ?? [])).toBeLessThan(1e-12);
    };
    same("prefill", { ids: padded });
    same("decode", { token: [4, 8] });
    same("decode", { token: [1, 16] });
    const [before, after] = [mode, optimized].map(({ steps }) =>
      steps.map(({ graph }) => statesIn(graph).map((state) => state.path)),
    );
    expect(after).toEqual(before);
    expect(after?.[1]).toHaveLength(2 * 2 + 1);
    const [prefill, decode] = optimized.steps.map(({ graph }) => statesIn(graph));
    // The working float of a state is the one of the policy, and steps go on sharing it.
    expect(decode?.map((state) => state.value)).toEqual(prefill?.map((state) => state.value));
    expect(decode?.map((state) => state.value.type.element)).toEqual([
      ...Array(4).fill("f32"),
      "i32",
    ]);
    const reached = reachedFrom(
      optimized.steps[1]?.graph.outputs.map((output) => output.value) ?? [],
    );
    expect([...reached].filter((value) => value.op === "attend")).toHaveLength(2);
  });

  test("in QLLaMA, whose queries stand before the text", () => {
    const vocab = 17;
    const folder = join(import.meta.dirname, "../../models");
    const text = `import { QLlama } from ".${folder}/qllama/qllama"
import { normal } from "std/initializers"
model M() {
  axis Vision = 6
  axis Query = 3
  use qllama = QLlama<Vision, Query, Vocab = ${vocab}, D = 8, Heads = 2, Hidden = 12, Slot = 16>(
    depth: 4, cross_every: 2
  )
  param query_tokens: [Query, qllama.D] = normal(std: 0.02)
  mode whole(image: f32[B, Seen, Vision], ids: i32[B, Text]) -> [B, Text, qllama.Vocab] {
    let _, h = qllama.packed(query_tokens, ids, real(image))
    qllama.lm_head(h)
  }
  mode caption {
    step prefill(image: f32[B, Seen, Vision], ids: i32[B, Text]) -> [B, qllama.Vocab] {
      qllama.prefill(query_tokens, ids, real(image))
    }
    step decode(token: i32[B]) -> [B, qllama.Vocab] { qllama.decode(token) }
  }
}`;
    const images = [1, 2].map((seed) => Array.from({ length: 24 }, (_, n) => Math.sin(n * seed)));
    const run = new StepRun(modeOf(elaborateText(text, "M", "caption")), weights);
    const whole = new StepRun(modeOf(elaborateText(text, "M", "whole")), weights);
    const sizes = { B: 2, Seen: 4, Text: longest };
    let logits = run.call("prefill", { image: images.flat(), ids: padded }, sizes).output;
    const texts = prompts.map((one) => [...one]);
    for (let step = 0; step < 5; step++) {
      const tokens = texts.map((ids, n) => {
        const alone = { B: 1, Seen: 4, Text: ids.length };
        const all = whole.call("whole", { image: images[n] ?? [], ids }, alone).output;
        const right = row(all, ids.length - 1, vocab);
        expect(distance(row(logits, n, vocab), right)).toBeLessThan(1e-12);
        const token = Math.max(1, largest(right));
        ids.push(token);
        return token;
      });
      logits = run.call("decode", { token: tokens }, { B: 2 }).output;
    }
    expect(run.state("qllama.length")).toEqual(prompts.map((one) => 3 + one.length + 5));
  });
});

describe("at full size", () => {
  /** Keys and values of 32 layers, and a length. */
  const caches = 32 * 2 + 1;
  const llama = 6738415616;
  const vicuna = 6738464768;
  const internvit = 5902793600;
  const block = 122918400;
  /** With its queries, without the head that only a language model needs. */
  const reader = 7842306048 - 49954 * 4096;
  const unread = 33207168 + 53515008 + 4096 * 768 + 1 + (4096 * 2 + 2);
  const plainConnector = 3200 * 4096 + 4096 + (4096 * 4096 + 4096);

  // What a mode reads: poolers and heads are not loaded for a caption, nor the blocks after those that chat reads.
  test.each([
    ["models/llama/llama.weft", "Llama", "generate", llama],
    ["models/internvl/internvl.weft", "InternVL_14B", "caption", 13834975747 - unread],
    [
      "models/internvl/chat.weft",
      "ChatC",
      "chat",
      vicuna + internvit + 320 * 3200 - 3 * block + plainConnector,
    ],
    ["models/internvl/chat.weft", "ChatD", "chat", vicuna + internvit + reader + 63469824],
  ])("%s: %s.%s has its caches", (file, model, name, parameters) => {
    const { steps, stored, sizes } = elaborated(file, model, name);
    expect(steps.map((step) => step.name)).toEqual(["prefill", "decode"]);
    for (const { graph } of steps) {
      const states = statesIn(graph);
      expect(states).toHaveLength(caches);
      expect(states.every(({ value, next }) => value !== next)).toBe(true);
      expect(states.every(({ free }) => free.length === 1 && free[0] === 0)).toBe(true);
    }
    const counts = stored.map(({ axes }) =>
      axes.reduce((product, axis) => product * (sizes.valueOf(axis.size) ?? Number.NaN), 1),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(parameters);
  });
});

describe("a caption of InternVL in float64", () => {
  const oracle = resolve("../shared/oracle/internvl-tiny");

  test("is the one of the official code, token by token", (context) => {
    if (!existsSync(oracle)) {
      console.log("skipped: ../shared/oracle is not here");
      return context.skip();
    }
    const headers = readHeaders(oracle);
    const tensors = Object.fromEntries(
      Object.entries(headers.tensors).map(([key, { shape }]) => [key, shape]),
    );
    const file = "models/internvl/internvl.weft";
    const checkpoint = { config: headers.config, tensors };
    const { overrides } = readCheckpoint(
      diskLoader(resolve(".")),
      file,
      "InternVL",
      "features",
      checkpoint,
    );
    const { mode, codes } = elaborateFile(file, "InternVL", "caption", overrides);
    expect(codes).toEqual([]);
    if (mode === undefined) return;
    const read = (name: string, key: string) => readTensor(join(oracle, name), key).data;
    const known = new Map<string, readonly number[]>();
    const run = new StepRun(mode, (path) => {
      const data = known.get(path) ?? [...read("model.safetensors", path)];
      known.set(path, data);
      return data;
    });
    const prompt = [...read("inputs.safetensors", "prompt_ids")];
    const tokens = [...read("outputs.safetensors", "caption.tokens")];
    const logits = read("outputs.safetensors", "caption.step_logits");
    const pixels = [...read("inputs.safetensors", "pixel_values")].slice(0, 3 * 56 * 56);
    const vocab = logits.length / (tokens.length + 1);
    const errors: number[] = [];
    const found: number[] = [];
    let next = run.call("prefill", { pixels, ids: prompt }, { B: 1, Text: prompt.length }).output;
    for (const [step, token] of tokens.entries()) {
      errors.push(relativeError(next ?? [], logits.slice(step * vocab, (step + 1) * vocab)));
      found.push(largest(next ?? []));
      next = run.call("decode", { token: [token] }, { B: 1 }).output;
    }
    errors.push(relativeError(next ?? [], logits.slice(tokens.length * vocab)));
    expect(found).toEqual(tokens);
    expect(Math.max(...errors)).toBeLessThan(3e-6);
  }, 120_000);
});
