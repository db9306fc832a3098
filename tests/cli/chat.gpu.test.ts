import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeLoudWeights } from "../support/models/loud-weights.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-chat-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sizes of the queries' own language model, which the file leaves open. */
const sizes = {
  "glue.Query": 8,
  "glue.qllama.Vocab": 512,
  "glue.qllama.D": 64,
  "glue.qllama.Heads": 4,
  "glue.qllama.Hidden": 160,
  "glue.qllama.Slot": 128,
  "glue.qllama.depth": 2,
  "llm.Slot": 512,
};

const chat = [
  ...["chat", "examples/tiny-chat.weft", "--model", "TinyChat"],
  ...Object.entries(sizes).flatMap(([path, value]) => ["--set", `${path}=${value}`]),
  ...["--tokenizer", "examples/tokenizer.model", "--device", "software"],
  ...["--max-new-tokens", "12", "--weights", join(folder, "model.safetensors")],
];

beforeAll(() =>
  writeLoudWeights(join(folder, "model.safetensors"), {
    ...{ file: "examples/tiny-chat.weft", model: "TinyChat", mode: "chat" },
    set: sizes,
  }),
);

describe("weft chat", () => {
  const ask = (prompt: string, ...more: readonly string[]) =>
    runWeft([...chat, "--prompt", prompt, "--json", ...more], root);
  const image = ["--image", "examples/scene.jpg"];

  test("answers a question about an image, which both the image and the question decide", async () => {
    const results = [
      await ask("What is this?", ...image),
      await ask("What is this?", ...image),
      await ask("What is that?", ...image),
      await ask("What is this?"),
    ];
    const documents = results.map(({ exitCode, stdout, stderr }) => {
      expect(exitCode, stderr).toBe(0);
      return JSON.parse(stdout) as { answer: string; tokens: number; promptTokens: number };
    });
    const [first, again, other, blind] = documents;
    expect(first?.answer).not.toBe("");
    expect(again?.answer).toBe(first?.answer);
    expect(other?.answer).not.toBe(first?.answer);
    expect(blind?.answer).not.toBe(first?.answer);
    // 16 patches, 8 queries, four tokens around them, and a new line.
    expect((first?.promptTokens ?? 0) - (blind?.promptTokens ?? 0)).toBeGreaterThan(27);
    expect(first?.tokens).toBe(12);
  });

  test("says what a mode lacks for dialogues", async () => {
    const { exitCode, stderr } = await runWeft([
      ...["chat", "models/llama/llama.weft", "--model", "Llama_tiny", "--mode", "generate"],
      ...["--tokenizer", "examples/tokenizer.model", "--device", "software", "--prompt", "hi"],
    ]);
    expect(stderr).toContain("error[not-a-dialogue]");
    expect(exitCode).toBe(1);
  });
});

describe("in programs of their own", () => {
  beforeAll(() => {
    expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
  });
  const run = (args: readonly string[], input: string) =>
    spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", input });

  test("a dialogue keeps its history until it is told to forget", () => {
    const lines = [
      "What is this?",
      "And that?",
      "/help",
      "/image nowhere.png",
      "/reset",
      "What is this?",
      "/quit",
      "never asked",
    ];
    const typed = `${lines.join("\n")}\n`;
    const more = ["--image", "examples/scene.jpg"];
    const talk = run([join(root, "bin", "weft.mjs"), ...chat, ...more], typed);
    expect(talk.status, talk.stderr).toBe(0);
    const answers = talk.stdout.trimEnd().split("\n");
    expect(answers).toHaveLength(3);
    expect(answers[2]).toBe(answers[0]);
    expect(answers[1]).not.toBe(answers[0]);
    expect(talk.stderr).toContain("/image FILE");
    expect(talk.stderr).toContain("error[file-missing]");
    const prompts = [...talk.stderr.matchAll(/prompt of (\d+) padded to (\d+)/g)];
    const lengths = prompts.map(([, tokens]) => Number(tokens));
    expect(lengths).toHaveLength(3);
    expect(lengths[1]).toBeGreaterThan((lengths[0] ?? 0) + 20);
    expect(lengths[2]).toBe(lengths[0]);
  });

  test("the example generates in three ways", () => {
    const { status, stdout, stderr } = run(
      [join(root, "dist", "examples", "generate-text.js")],
      "",
    );
    expect(status, stderr).toBe(0);
    for (const start of ["greedy   a photo of", "seed 1 ", "seed 2 ", "5 beams "])
      expect(stdout).toContain(start);
  });
});
