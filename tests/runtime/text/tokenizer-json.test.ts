import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { TextStream } from "../../../runtime/generate/text-stream.ts";
import { composeChat } from "../../../runtime/text/compose-chat.ts";
import { loadTokenizer, tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { findTemplate } from "../../../runtime/text/templates/template-registry.ts";
import type { Tokenizer } from "../../../runtime/text/tokenizer.ts";
import {
  bytePairs,
  endsOfWords,
  likelyPieces,
  wordPieces,
} from "../../support/models/tokenizer-files.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-json-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
/** In a folder of its own, as the only file of a checkpoint that says what its texts are. */
function written(document: unknown, config?: unknown): string {
  const own = join(folder, String(count++));
  mkdirSync(own);
  const text = typeof document === "string" ? document : JSON.stringify(document);
  writeFileSync(join(own, "tokenizer.json"), text);
  if (config !== undefined)
    writeFileSync(join(own, "tokenizer_config.json"), JSON.stringify(config));
  return own;
}

const code = (name: string) => expect.objectContaining({ code: name });
const both = { bos: true, eos: true };

describe("byte pairs, as GPT-2 has them", () => {
  const tokenizer = loadTokenizer(written(bytePairs));
  const bytes = (text: string) => [...Buffer.from(text)];

  test("merge in their order", () => {
    expect(tokenizer.encode("hello world")).toEqual([259, 260, ...bytes("orld")]);
    expect(tokenizer.encode("hellhe")).toEqual([258, 256]);
    expect(tokenizer.encode("  é")).toEqual(bytes("  é"));
    expect([tokenizer.size, tokenizer.encode("")]).toEqual([263, []]);
  });

  test("special tokens are text unless they are asked for, others are tokens", () => {
    const text = "he<|endoftext|>";
    expect(tokenizer.encode(text)).toEqual([256, ...bytes("<|endoftext|>")]);
    expect(tokenizer.encode(text, { specialTokens: true })).toEqual([256, 261]);
    expect(tokenizer.encode("[tool]he")).toEqual([262, 256]);
    expect(tokenizer.decode([256, 261, 262])).toBe("he[tool]");
    const asked = loadTokenizer(written(bytePairs), { specialTokens: true });
    expect(asked.encode(text)).toEqual([256, 261]);
  });

  test("the only name for an end is that of the file, a configuration beside it says more", () => {
    expect([tokenizer.bosId, tokenizer.eosId]).toEqual([undefined, 261]);
    expect(tokenizer.encode("he", { eos: true })).toEqual([256, 261]);
    expect(() => tokenizer.encode("he", { bos: true })).toThrow(code("no-boundary-token"));
    const named = { bos_token: { content: "<|endoftext|>" }, eos_token: null };
    const configured = loadTokenizer(written(bytePairs, named));
    expect([configured.bosId, configured.eosId]).toEqual([261, undefined]);
  });

  test("text that grows never shows half a character", () => {
    const text = "hello café 你好 😀🇪🇺 end";
    const stream = new TextStream(tokenizer, []);
    const pieces = tokenizer.encode(text).map((id) => stream.push(id));
    for (const piece of pieces) expect(piece).not.toContain("\ufffd");
    expect(pieces.filter((piece) => piece === "").length).toBeGreaterThan(10);
    expect(pieces.join("") + stream.end()).toBe(text);
    const half = new TextStream(tokenizer, []);
    expect([half.push(0xf0), half.push(0x9f), half.end()]).toEqual(["", "", "\ufffd"]);
  });

  test("what a template adds takes the next ids", () => {
    const template = findTemplate("internvl_v1");
    const known = tokenizer.withTokens(template.added);
    expect([known.size, known.idOf("<IMG>")]).toEqual([269, 263]);
    expect(known.encode("<IMG>he", { specialTokens: true })).toEqual([263, 256]);
    expect(known.decode([263, 256])).toBe("he");
    const [ids, typed] = ["he", "<IMG>"].map(
      (text) => composeChat(template, known, [{ role: "user", text, images: 1 }]).ids,
    );
    expect([ids, typed].map((all) => all?.filter((id) => id === 263).length)).toEqual([1, 1]);
  });

  test("an id beyond them is a fault", () => {
    for (const id of [263, -1, 1.5])
      expect(() => tokenizer.decode([id])).toThrow(code("no-such-token"));
  });

  test("any text comes back, at once and token by token", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 24 }), (text) => {
        const ids = tokenizer.encode(text);
        const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
        expect(tokenizer.decode(ids)).toBe(whole);
        expect(streamed(tokenizer, ids)).toBe(whole);
      }),
      { seed: 7, numRuns: 40 },
    );
  });
});

test("byte pairs with ends of words, as CLIP has them", () => {
  const tokenizer = loadTokenizer(written(endsOfWords));
  expect(tokenizer.encode("A  CAT", both)).toEqual([6, 0, 5, 7]);
  expect(tokenizer.decode([6, 0, 5, 5, 7])).toBe("a cat cat");
  const stream = tokenizer.stream();
  expect([6, 0, 5, 5, 7].map((id) => stream.push(id))).toEqual(["", "a", " cat", " cat", ""]);
});

test("word pieces, as BERT has them", () => {
  const tokenizer = loadTokenizer(written(wordPieces));
  expect(tokenizer.encode("Unable, CAFÉ!!", both)).toEqual([2, 4, 5, 7, 8, 9, 9, 3]);
  expect(tokenizer.encode("able zebra")).toEqual([6, 1]);
  // The brackets of `[SEP]` are no words there, and its letters none.
  expect(tokenizer.encode("[SEP]")).toEqual([1, 1, 1]);
  expect(tokenizer.encode("[SEP]", { specialTokens: true })).toEqual([3]);
  expect(tokenizer.decode([2, 4, 5, 7, 8, 3])).toBe("unable, cafe");
  expect(streamed(tokenizer, [4, 5, 7, 8])).toBe("unable, cafe");
});

test("unigrams, the likeliest of all ways", () => {
  const tokenizer = loadTokenizer(written(likelyPieces));
  expect(tokenizer.encode("ab a b")).toEqual([3, 4, 6, 5]);
  // Each space begins a word, so that the piece of two spaces is never met.
  expect(tokenizer.encode("ab  ab")).toEqual([3, 6, 3]);
  expect(tokenizer.encode("x")).toEqual([6, 0]);
  // `</s>` has a better score than its letters, and is no text.
  expect(tokenizer.encode("</s>")).toEqual([6, 9, 11, 8, 10]);
  expect(tokenizer.encode("ab</s>", { specialTokens: true })).toEqual([3, 2]);
  expect(tokenizer.decode([1, 3, 4, 2])).toBe("ab a");
  expect(streamed(tokenizer, [3, 4, 3])).toBe("ab a ab");
  expect([tokenizer.bosId, tokenizer.eosId]).toEqual([1, 2]);
});

test("parts that the library reads otherwise are written in other words", () => {
  const words = (pre_tokenizer: unknown) => {
    const vocab = ["<unk>", "café", "a", "!", "1", "2", "12", "²"];
    const ids = Object.fromEntries(vocab.map((text, id) => [text, id]));
    const model = { type: "WordLevel", unk_token: "<unk>", vocab: ids };
    return loadTokenizer(
      written({ ...wordPieces, normalizer: null, added_tokens: [], pre_tokenizer, model }),
    );
  };
  expect(words({ type: "Whitespace" }).encode("café a!")).toEqual([1, 2, 3]);
  const marks = { type: "Punctuation", behavior: "Isolated" };
  expect(words(marks).encode("a!!")).toEqual([2, 3, 3]);
  expect(words({ type: "Digits", individual_digits: true }).encode("a12²")).toEqual([2, 4, 5, 7]);
  expect(words({ type: "Digits" }).encode("a12")).toEqual([2, 6]);
  // U+0085 is white space, U+FEFF is none.
  expect(words({ type: "WhitespaceSplit" }).encode("a\u0085a\ufeff")).toEqual([2, 0]);
});

describe("where it lies", () => {
  test("a file, a folder, beside the weights; tokenizer.model comes first", () => {
    const own = written(bytePairs);
    expect(tokenizerSource(join(own, "tokenizer.json"), undefined)().size).toBe(263);
    expect(tokenizerSource(undefined, join(own, "model.safetensors"))().size).toBe(263);
    expect(tokenizerSource(undefined, own)().size).toBe(263);
    const renamed = join(own, "vocabulary");
    writeFileSync(renamed, readFileSync(join(own, "tokenizer.json")));
    expect(loadTokenizer(renamed).size).toBe(263);
    writeFileSync(join(own, "tokenizer.model"), readFileSync("examples/tokenizer.model"));
    expect(tokenizerSource(undefined, own)().size).toBe(500);
  });

  test("on the command line", async () => {
    const own = written(bytePairs);
    writeFileSync(join(folder, "text.txt"), "hello\n");
    const { stdout } = await runWeft(["tokenize", "--tokenizer", own, "--eos", "text.txt"], folder);
    expect(stdout).toBe("259 261\n");
    writeFileSync(join(folder, "ids.txt"), "259 261 260\n");
    const back = await runWeft(["tokenize", "--tokenizer", own, "--decode", "ids.txt"], folder);
    expect(back.stdout).toBe("hello w\n");
  });
});

describe("hostile files", () => {
  const { model } = bytePairs as { model: object };
  const split = (Regex: string) => ({
    pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
  });
  const nested = `${'{"type":"Sequence","normalizers":['.repeat(5000)}${"]}".repeat(5000)}`;
  const doubling = { type: "Replace", pattern: { String: "a" }, content: "aa" };
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["no JSON", "not-a-tokenizer", '{"model": '],
    ["no object", "not-a-tokenizer", "[]"],
    ["no model", "not-a-tokenizer", {}],
    ["a model of nothing", "not-a-tokenizer", { model: {} }],
    ["an unknown model", "unsupported-tokenizer", { model: { type: "Magic", vocab: {} } }],
    ["an id beyond reason", "not-a-tokenizer", { model: { ...model, vocab: { a: 1e9 } } }],
    ["an id twice", "not-a-tokenizer", { model: { ...model, vocab: { a: 1, b: 1 } } }],
    ["merges of three", "not-a-tokenizer", { model: { ...model, merges: ["a b c"] } }],
    ["a negative id", "not-a-tokenizer", { model, added_tokens: [{ id: -1, content: "a" }] }],
    ["an empty token", "not-a-tokenizer", { model, added_tokens: [{ id: 1, content: "" }] }],
    ["no unknown token", "not-a-tokenizer", { model: { type: "WordPiece", vocab: { a: 0 } } }],
    ["a table", "unsupported-tokenizer", { model, normalizer: { type: "Precompiled" } }],
    ["a broken pattern", "unsupported-tokenizer", { model, ...split("[a") }],
    ["a pattern without end", "unsupported-tokenizer", { model, ...split("(a+)+$") }],
    ["one that chooses", "unsupported-tokenizer", { model, ...split("(?:a|a)*b") }],
    ["one that repeats", "unsupported-tokenizer", { model, ...split("a*a*a*a*b") }],
    ["one that counts", "unsupported-tokenizer", { model, ...split("(?:(?:a{8}){8}){8}b") }],
    ["one that may", "unsupported-tokenizer", { model, ...split(`${"a?".repeat(30)}b`) }],
    ["one that looks back", "unsupported-tokenizer", { model, ...split("(a*)\\1b") }],
    [
      "texts that double",
      "unsupported-tokenizer",
      { model, normalizer: { type: "Sequence", normalizers: Array(30).fill(doubling) } },
    ],
    [
      "parts in parts",
      "unsupported-tokenizer",
      `{"model":${JSON.stringify(model)},"normalizer":${nested}}`,
    ],
    ["brackets without end", "not-a-tokenizer", `{"model":${"[".repeat(1_000_000)}`],
  ];

  test.each(cases)("%s: %s", (_, name, document) => {
    const started = performance.now();
    const read = () => loadTokenizer(written(document)).encode(`${"a".repeat(40)}!`);
    expect(read).toThrow(code(name));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("patterns of known tokenizers are run", () => {
    const qwen =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    const llama3 = qwen.replace("|\\p{N}|", "|\\p{N}{1,3}|");
    const gpt4o =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    for (const pattern of [qwen, llama3, gpt4o, "\\d{1,3}(?=(?:\\d{3})*\\b)"]) {
      const pre_tokenizer = {
        type: "Sequence",
        pretokenizers: [
          split(pattern).pre_tokenizer,
          { type: "ByteLevel", add_prefix_space: false, use_regex: false },
        ],
      };
      const tokenizer = loadTokenizer(written({ ...bytePairs, pre_tokenizer }));
      const text = "Don't hello 1234,\n x";
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});

function streamed(tokenizer: Tokenizer, ids: readonly number[]): string {
  const stream = tokenizer.stream();
  return ids.map((id) => stream.push(id)).join("") + stream.end();
}
