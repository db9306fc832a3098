import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { writeNpy } from "../../runtime/files/npy.ts";
import { takeInput } from "../../runtime/given-input.ts";
import { readInput } from "../../runtime/inputs.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { textLoader } from "../support/texts/check-text.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-ids-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = `import { Embedding } from "std/layers"
model M(image_token: int = 90) {
  axis Vocab = 20
  axis Kind = 3
  use embed = Embedding<Vocab, D = 2>()
  param few: [Kind] = 1.0
  mode words(ids: i32[B, N] from text()) -> f32[B, N] { sum{embed.D}(f32(embed(ids))) }
  mode seen(ids: i32[B, N]) -> f32[B, N] {
    let x = sum{embed.D}(f32(embed(ids)))
    where(ids == image_token, 1.0, where(ids != -1, x, 0.0))
  }
  mode both(ids: i32[N]) -> f32[N] {
    axis Other = N
    let moved = rename{Other -> N}(rename{N -> Other}(ids))
    f32(take{Kind: moved}(few)) + sum{embed.D}(f32(embed(ids)))
  }
  mode guarded(ids: i32[N]) -> f32[N] { sum{embed.D}(f32(embed(where(ids < 0, 0, ids)))) }
  mode chosen(x: f32[N, Class], y: i32[N]) -> f32[N] { take{Class: y}(x) }
  mode labelled(y: i32[N] from labels()) -> f32[N] { f32(take{Kind: y}(few)) }
}
`;

function inputOf(mode: string, name: string, sizes: Readonly<Record<string, number>>): InputSpec {
  const loader = textLoader({ entry: model });
  const { artifact, diagnostics } = compile({ entry: "entry", loader, model: "M", mode, sizes });
  const found = artifact?.inputs.find((input) => input.name === name);
  if (found === undefined) throw new Error(`${mode}: ${renderDiagnostics(diagnostics)}`);
  return found;
}

const words = inputOf("words", "ids", { B: 1, N: 4 });

describe("ids that a program knows", () => {
  test("are the rows of the embedding, and what it looks for itself", () => {
    expect(words.ids).toEqual({ axis: "Vocab", size: 20, also: [] });
    expect(inputOf("seen", "ids", {}).ids).toEqual({ axis: "Vocab", size: 20, also: [-1, 90] });
  });

  test("are those of the smallest of several tables", () => {
    expect(inputOf("both", "ids", {}).ids).toEqual({ axis: "Kind", size: 3, also: [] });
  });

  test("are any where the program looks after them, or chooses from what it computes", () => {
    expect(inputOf("guarded", "ids", {}).ids).toBeUndefined();
    expect(inputOf("chosen", "y", { Class: 2 }).ids).toBeUndefined();
    expect(inputOf("labelled", "y", {}).ids).toBeUndefined();
  });
});

describe("an id beyond the vocabulary is a fault", () => {
  const ids: Tensor = { element: "i32", shape: [1, 4], data: Int32Array.of(1, 19, 20, -5) };
  const wrong = expect.objectContaining({
    code: "id-outside",
    message: "`ids` holds 20 at [0, 2], and `Vocab` has the ids 0 to 19",
  });

  test("in files", async () => {
    const npy = join(folder, "ids.npy");
    writeNpy(npy, ids);
    await expect(readInput(words, npy)).rejects.toThrow(wrong);
    const file = join(folder, "ids.safetensors");
    writeSafetensors(file, { ids });
    await expect(readInput(words, `${file}:ids`)).rejects.toThrow(wrong);
  });

  test("in numbers that a program gives", async () => {
    await expect(takeInput(words, ids, undefined)).rejects.toThrow(wrong);
    await expect(takeInput(words, ids.data, undefined)).rejects.toThrow(wrong);
  });

  test("in a text that a larger tokenizer reads", async () => {
    const tokenizer = () => loadTokenizer("examples/tokenizer.model");
    const text = readInput({ ...words, shape: [{ name: "N", size: 9 }] }, "a", tokenizer);
    await expect(text).rejects.toThrow(expect.objectContaining({ code: "id-outside" }));
  });

  test("but padding may be anything, where its place is known", async () => {
    const padded = { ...ids, lengths: [2] };
    expect(await takeInput(words, padded, undefined)).toMatchObject(padded);
  });
});
