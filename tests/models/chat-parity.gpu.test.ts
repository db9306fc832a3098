import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { relativeError, runMode } from "../support/graphs/run-mode.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const oracle = resolve("../shared/oracle");
const isHere = existsSync(join(oracle, "sft"));
const folder = mkdtempSync(join(tmpdir(), "weft-chat-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bound = 5e-6;
const entry = "models/internvl/chat.weft";
/** `hidden_states[-2]`: the small encoder is too short for the released -4. */
const skipped = { path: "skipped", value: 1 };
/** Vocabulary of the language model, and which of its ids stand for what an image gives. */
const [vocab, imageToken, queryToken] = [217, 213, 216];

describe.each(testDrivers)("dialogues against the official code, on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test("the language model alone", async (context) => {
    if (device === undefined || !isOracleHere()) return context.skip();
    const ids = given("text_only", "input_ids");
    const found = await runMode(
      device,
      checkpointOfLlama(),
      { ids },
      {
        entry: "models/llama/llama.weft",
        model: "Llama",
        mode: "logits",
        sizes: { B: ids.shape[0] ?? 1, N: ids.shape[1] ?? 1 },
      },
    );
    expect(relativeError(found.data, right("text_only", "logits").data)).toBeLessThan(bound);
  });

  test("ChatC: all positions, then prefill and decode", async (context) => {
    if (device === undefined || !isOracleHere()) return context.skip();
    const pixels = given("chat_c", "pixel_values");
    const ids = withPatches(given("chat_c", "input_ids"), 36);
    const overrides = [
      ...Object.entries({ D: 64, Heads: 4, Hidden: 160, depth: 3, image: 84 }).map(
        ([name, value]) => ({ path: `vision_model.${name}`, value }),
      ),
      { path: "image_token", value: imageToken },
      { path: "llm.Slot", value: 64 },
      skipped,
    ];
    const weights = checkpointOfChatC();
    const [rows = 1, length = 1] = ids.shape;
    const logits = right("chat_c", "logits");
    const whole = { entry, model: "ChatC", mode: "logits", sizes: { B: rows, N: length } };
    const found = await runMode(device, weights, { pixels, ids }, { ...whole, overrides });
    expect(relativeError(found.data, logits.data)).toBeLessThan(bound);

    // The second dialogue is shorter: what follows its padding counts for nobody, and it goes on apart.
    const lengths = [50, 45];
    const session = await openChat(device, weights, {
      entry,
      model: "ChatC",
      mode: "chat",
      overrides,
      sizes: { B: 2, N: 46 },
    });
    const prompts = lengths.map((count, row) => numbers(ids, row * length, count - 4));
    const padded = prompts.flatMap((prompt) => [...prompt, ...Array(46 - prompt.length).fill(0)]);
    let last = await session.step("prefill", { pixels, ids: whole32([2, 46], padded) });
    for (let more = 0; more <= 4; more++) {
      for (const [row, count] of lengths.entries()) {
        const at = (row * length + count - 5 + more) * vocab;
        const wanted = numbers(logits, at, vocab);
        expect(relativeError(numbers(output(last), row * vocab, vocab), wanted)).toBeLessThan(
          bound,
        );
      }
      if (more === 4) break;
      const tokens = lengths.map((count, row) => ids.data[row * length + count - 4 + more] ?? 0);
      last = await session.step("decode", { token: whole32([2], tokens) });
    }
    session.dispose();
  });

  const cuts = [
    { name: "all positions", output: "logits", length: 63 },
    { name: "cut among the queries of the second turn", output: "truncated_logits", length: 49 },
  ];
  test.for(cuts)("ChatD: $name", async ({ output: key, length }, context) => {
    if (device === undefined || !isOracleHere()) return context.skip();
    const { ids, ...inputs } = chatDInputs(length);
    const found = await runMode(
      device,
      checkpointOfChatD(),
      { ...inputs, ids },
      {
        entry,
        model: "ChatD",
        mode: "logits",
        overrides: chatDOverrides,
        sizes: { B: 1, N: length, Turn: 2, Text: 7 },
      },
    );
    expect(found.shape).toEqual([1, length, vocab]);
    expect(relativeError(found.data, right("chat_d", key).data)).toBeLessThan(bound);
  });

  test("ChatD: prefill and decode", async (context) => {
    if (device === undefined || !isOracleHere()) return context.skip();
    // The answer of the second turn, token by token.
    const prompt = 59;
    const logits = right("chat_d", "logits");
    const session = await openChat(device, checkpointOfChatD(), {
      entry,
      model: "ChatD",
      mode: "chat",
      overrides: chatDOverrides,
      sizes: { B: 1, N: prompt, Turn: 2, Text: 7 },
    });
    let last = await session.step("prefill", chatDInputs(prompt));
    const tokens = numbers(given("chat_d", "input_ids")).slice(prompt);
    for (const [more, token] of [...tokens, 0].entries()) {
      const wanted = numbers(logits, (prompt - 1 + more) * vocab, vocab);
      expect(relativeError(output(last).data, wanted)).toBeLessThan(bound);
      if (more < tokens.length)
        last = await session.step("decode", { token: whole32([1], [token]) });
    }
    session.dispose();
  });
});

function isOracleHere(): boolean {
  if (!isHere) console.log("skipped: ../shared/oracle is not here");
  return isHere;
}

const file = (part: string, name: string) => join(oracle, "sft", part, `${name}.safetensors`);
const given = (part: string, key: string) => readTensor(file(part, "inputs"), key);
const right = (part: string, key: string) => readTensor(file(part, "outputs"), key);

const chatDOverrides = [
  { path: "image_token", value: imageToken },
  { path: "query_token", value: queryToken },
  { path: "llm.Slot", value: 64 },
  skipped,
];

function chatDInputs(length: number): Record<"pixels" | "ids" | "question", Tensor> {
  const ids = numbers(given("chat_d", "input_ids")).slice(0, length);
  return {
    pixels: given("chat_d", "pixel_values"),
    ids: whole32([1, length], ids),
    question: given("chat_d", "question_input_ids"),
  };
}

/** The official placeholder is one id, -200; here it is as many as the image has patches. */
function withPatches(ids: Tensor, patches: number): Tensor {
  const [rows = 1, columns = 1] = ids.shape;
  const replaced = numbers(ids).flatMap((id) =>
    id === -200 ? Array<number>(patches).fill(imageToken) : [id],
  );
  return whole32([rows, columns - 1 + patches], replaced);
}

function checkpointOfLlama(): string {
  return saved(
    "llama",
    llmConfig(),
    tensorsOf("sft/llm.safetensors", (key) => key),
  );
}

/** One file with the names of the released dialogue models, which are those of a LLaVA. */
function checkpointOfChatC(): string {
  const vision = "model.vision_tower.vision_tower.";
  return saved(
    "chat-c",
    { ...llmConfig(), mm_hidden_size: 64 },
    {
      ...tensorsOf("internvl-tiny/model.safetensors", renamed("vision_model.", vision)),
      ...tensorsOf("sft/connectors.safetensors", renamed("mm_projector.", "model.mm_projector.")),
      ...tensorsOf("sft/llm.safetensors", (key) => key),
    },
  );
}

/** As the official training code with QLLaMA writes it. */
function checkpointOfChatD(): string {
  const internvl = JSON.parse(readHeaders(join(oracle, "internvl-tiny")).config ?? "{}");
  const { cross_attention_frequency, qllama_config } = internvl;
  const internvl_config = {
    ...internvl,
    qllama_config: { ...qllama_config, cross_attention_frequency },
  };
  return saved(
    "chat-d",
    { internvl_config, llm_config: llmConfig() },
    {
      ...tensorsOf("internvl-tiny/model.safetensors", (key) => `internvl.${key}`),
      ...tensorsOf("sft/connectors.safetensors", (key) =>
        key.startsWith("mlp") ? key : undefined,
      ),
      ...tensorsOf("sft/llm.safetensors", (key) => `language_model.${key}`),
    },
  );
}

function llmConfig(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(oracle, "sft", "llm_config.json"), "utf8"));
}

function renamed(from: string, to: string): (key: string) => string | undefined {
  return (key) => (key.startsWith(from) ? to + key.slice(from.length) : undefined);
}

function tensorsOf(
  path: string,
  keyFor: (key: string) => string | undefined,
): Record<string, Tensor> {
  const found: Record<string, Tensor> = {};
  const source = join(oracle, path);
  for (const key of Object.keys(readHeaders(source).tensors)) {
    const own = keyFor(key);
    if (own !== undefined) found[own] = readTensor(source, key);
  }
  return found;
}

function saved(name: string, config: object, tensors: Readonly<Record<string, Tensor>>): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  writeSafetensors(join(path, "model.safetensors"), tensors);
  return path;
}

async function openChat(
  device: Device,
  weights: string,
  request: Omit<CompileRequest, "loader" | "profile" | "checkpoint">,
): Promise<Session> {
  const { config, tensors } = readHeaders(weights);
  const shapes = Object.fromEntries(
    Object.entries(tensors).map(([key, { shape }]) => [key, shape]),
  );
  const result = compile({
    ...request,
    loader: diskLoader(process.cwd()),
    checkpoint: { config, tensors: shapes },
    profile: deviceProfile(device),
  });
  if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
  return Session.create(result.artifact, device, weights);
}

function output(outputs: Readonly<Record<string, Tensor>>): Tensor {
  if (outputs.output === undefined) throw new Error("the step has no output");
  return outputs.output;
}

function whole32(shape: readonly number[], data: readonly number[]): Tensor {
  return { element: "i32", shape, data: Int32Array.from(data) };
}

function numbers({ data }: Tensor, from = 0, count = data.length): number[] {
  return [...data.subarray(from, from + count)];
}
