import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IntegerTensor, load } from "../../compiler/api/library.ts";
import { readNpy } from "../../runtime/files/npy.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { bytePairs } from "../support/models/tokenizer-files.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-texts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");
const small = loadTokenizer(tokenizer);

/** Gives back the ids that its reader made; sizes may stand in the settings of a reader. */
const model = `
model Echo<Patch = 3>() {
  mode texts(ids: i32[B, Text] from text(prefix: "summarize:", bos: true, eos: true)) -> i32[B, Text] {
    ids + 0
  }
  mode asked(x: f32[B], ids: i32[B, Text] from text(default: "English caption:", bos: true)) -> i32[B, Text] {
    ids + i32(x) * 0
  }
  mode chat(ids: i32[B, N] from chat(template: "internvl_v1", image: Patch, query: Patch - 1)) -> i32[B, N] {
    ids + 0
  }
}
`;
beforeAll(() => writeFileSync(join(folder, "echo.weft"), model));

async function idsOf(mode: string, ...args: string[]) {
  const echo = ["run", "echo.weft", "--model", "Echo", "--mode", mode, "--out", "ids.npy"];
  const device = ["--tokenizer", tokenizer, "--device", "swiftshader"];
  const { exitCode, stderr } = await runWeft([...echo, ...device, ...args], folder);
  if (exitCode !== 0) throw new Error(stderr);
  const { shape, data } = readNpy(join(folder, "ids.npy"));
  return { shape, ids: [...data] };
}

describe("text given to a mode", () => {
  test("becomes ids, and the axes take its size", async () => {
    const rows = ["a photo of a cat", "a photo of a dog"].map((text) =>
      small.encode(`summarize:${text}`, { bos: true, eos: true }),
    );
    const width = Math.max(...rows.map((row) => row.length));
    const { shape, ids } = await idsOf(
      "texts",
      "--in",
      'ids=["a photo of a cat","a photo of a dog"]',
    );
    expect(shape).toEqual([2, width]);
    const padded = rows.flatMap((row) =>
      [...row, ...Array.from({ length: width }, () => 0)].slice(0, width),
    );
    expect(ids).toEqual(padded);
  });

  test("the mode's own text stands where none is given, in every row", async () => {
    const { shape, ids } = await idsOf("asked", "--in", "x=random:0", "--batch", "2");
    const row = small.encode("English caption:", { bos: true });
    expect(shape).toEqual([2, row.length]);
    expect(ids).toEqual([...row, ...row]);
  });

  test("a question becomes a conversation with an image in it", async () => {
    const { ids } = await idsOf("chat", "--in", "ids=What is this?");
    const count = (offset: number) => ids.filter((id) => id === small.size + offset).length;
    expect([0, 1, 2, 3, 4, 5].map(count)).toEqual([1, 1, 3, 1, 1, 2]);
  });

  test("in TypeScript too", async () => {
    const echo = await load<{ ids: string }, { output: IntegerTensor }>({
      file: join(folder, "echo.weft"),
      model: "Echo",
      mode: "texts",
      sizes: { Text: 12 },
      device: "swiftshader",
      tokenizer,
    });
    const { output } = await echo.run({ ids: "a cat" });
    const ids = small.encode("summarize:a cat", { bos: true, eos: true });
    expect([...output.data].slice(0, ids.length)).toEqual(ids);
    expect([...output.data].slice(ids.length).every((id) => id === 0)).toBe(true);
    echo.dispose();
  });

  test("is read and written by the tokenizer.json of a checkpoint too", async () => {
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(bytePairs));
    const named = { bos_token: "<|endoftext|>", eos_token: "<|endoftext|>" };
    writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(named));
    const llama = join(import.meta.dirname, "../../models/llama/llama.weft");
    const { stdout, stderr, exitCode } = await runWeft([
      ...["generate", llama, "--model", "Llama_tiny", "--mode", "generate", "--set", "Vocab=263"],
      ...["--tokenizer", folder, "--in", "ids=hello world", "--max-new-tokens", "9", "--json"],
      ...["--device", "swiftshader"],
    ]);
    expect([exitCode, stderr.includes("prompt: 7 tokens")]).toEqual([0, true]);
    const [{ tokens, text }] = JSON.parse(stdout).sequences;
    expect(tokens.length).toBeGreaterThan(0);
    expect(text).toBe(loadTokenizer(folder).decode(tokens));
  });
});
