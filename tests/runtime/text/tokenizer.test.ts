import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { cleanCaption } from "../../../runtime/text/clean-caption.ts";
import { encodeText, padRows, textSettings } from "../../../runtime/text/encode-text.ts";
import {
  loadSentencePiece,
  loadTokenizer,
  tokenizerSource,
} from "../../../runtime/text/load-tokenizer.ts";
import {
  type Piece,
  readSentencePieceModel,
} from "../../../runtime/text/read-sentencepiece-model.ts";
import { SentencePiece } from "../../../runtime/text/sentencepiece.ts";
import type { Tokenizer } from "../../../runtime/text/tokenizer.ts";
import { writeModel } from "../../support/models/train-tokenizer.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, "..", "..", "..");
const oracle = join(root, "../shared/oracle");
const small = loadSentencePiece(join(root, "examples/tokenizer.model"));
const seed = 20231221;

const official = existsSync(join(oracle, "tokenizer.model"))
  ? loadSentencePiece(join(oracle, "tokenizer.model"))
  : undefined;
if (official === undefined)
  console.log("skipped: ../shared/oracle is absent, official ids are not compared");

function values<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(join(oracle, "tokenizer", name), "utf8")) as T[];
}

describe.skipIf(official === undefined)("values of the official tokenizer", () => {
  const tokenizer = official ?? small;

  test("encoding and both ways of decoding", () => {
    const cases = values<{
      text: string;
      ids_bos: number[];
      ids_bos_eos: number[];
      pieces: string[];
      decoded_sp: string;
      decoded_hf: string;
    }>("encode.json");
    expect(cases.length).toBe(30);
    for (const { text, ids_bos, ids_bos_eos, pieces, decoded_sp, decoded_hf } of cases) {
      expect(tokenizer.encode(text, { bos: true })).toEqual(ids_bos);
      expect(tokenizer.encode(text, { bos: true, eos: true })).toEqual(ids_bos_eos);
      expect(ids_bos.slice(1).map((id) => tokenizer.model.pieces[id]?.text)).toEqual(pieces);
      expect(tokenizer.decode(ids_bos_eos)).toBe(decoded_sp);
      expect(tokenizer.decodeLegacy(ids_bos_eos)).toBe(decoded_hf);
    }
  });

  test("any ids decode", () => {
    const cases = values<{
      ids: number[];
      decoded_sp: string;
      decoded_hf_keep_specials: string;
      decoded_hf_skip_specials: string;
    }>("decode.json");
    expect(cases.length).toBe(20);
    for (const { ids, decoded_sp, ...legacy } of cases) {
      expect(tokenizer.decode(ids)).toBe(decoded_sp);
      expect(tokenizer.decodeLegacy(ids)).toBe(legacy.decoded_hf_skip_specials);
      const kept = tokenizer.decodeLegacy(ids, { keepSpecials: true });
      expect(kept).toBe(legacy.decoded_hf_keep_specials);
    }
  });

  test("names of special tokens in a text", () => {
    for (const { text, hf_slow_legacy_ids_bos, sentencepiece_ids_bos } of values<{
      text: string;
      hf_slow_legacy_ids_bos: number[];
      sentencepiece_ids_bos: number[];
    }>("literal_specials.json")) {
      const asked = tokenizer.encode(text, { bos: true, specialTokens: true });
      expect(asked).toEqual(hf_slow_legacy_ids_bos);
      expect(tokenizer.encode(text, { bos: true })).toEqual(sentencepiece_ids_bos);
    }
  });

  test("pitfall 9: `summarize:`, 80 ids with </s> kept, padding 0, </s> at count - 1", () => {
    const settings = textSettings({ prefix: "summarize:", bos: true, eos: true, length: 80 });
    for (const { text, hf_ids, padded, eos_index } of values<{
      text: string;
      hf_ids: number[];
      padded: number[];
      eos_index: number;
    }>("contrastive.json")) {
      const ids = encodeText(tokenizer, text, settings);
      expect(ids).toEqual(hf_ids);
      expect([...padRows([ids], 80)]).toEqual(padded);
      expect(padded[eos_index]).toBe(tokenizer.eosId);
      expect(padded.filter((id) => id > 0).length - 1).toBe(eos_index);
    }
  });

  test("pitfall 20: the added Chinese pieces have score 0 and win over every original merge", () => {
    const pieces = tokenizer.model.pieces;
    expect(pieces.length).toBe(49954);
    expect(pieces.slice(32000).every((piece) => piece.score === 0)).toBe(true);
    expect(tokenizer.encode("summarize:一张熊猫的照片")).toEqual([
      19138, 675, 29901, 33823, 40351, 36580,
    ]);
  });

  test("any text comes back", () => expectRoundTrips(tokenizer, 300));
});

const mixed = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        "a photo of ",
        "一张照片",
        "日本語の",
        "مرحبا ",
        "😀👨‍👩‍👧",
        "   ",
        "\t\n\r\n",
        "\u00a0",
        "12,345",
        "\u0000",
        "\ufeff",
        "é",
        "</s>",
        "<unk>",
      ),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => new TextDecoder().decode(bytes)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** `▁` is the one character that comes back as another. */
function expectRoundTrips(tokenizer: Tokenizer, numRuns: number): void {
  fc.assert(
    fc.property(mixed, (text) => {
      fc.pre(!text.includes("▁"));
      const ids = tokenizer.encode(text, { bos: true, eos: true });
      expect(tokenizer.decode(ids)).toBe(text);
      const stream = tokenizer.stream();
      const streamed = ids.map((id) => stream.push(id)).join("") + stream.end();
      expect(streamed).toBe(text);
    }),
    { seed, numRuns },
  );
}

describe("any SentencePiece model", () => {
  test("any text comes back", () => expectRoundTrips(small, 300));

  test("random bytes become U+FFFD, one for each that belongs to no character", () => {
    const ids = (bytes: readonly number[]) => bytes.map((byte) => byte + 3);
    expect(small.decode(ids([0xe4, 0xb8]))).toBe("\ufffd\ufffd");
    expect(small.decode(ids([0xe4, 0xb8, 0xad]))).toBe("中");
    expect(small.decode(ids([0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff]))).toBe("\ufffd".repeat(6));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const isValid = Buffer.from(Buffer.from(bytes).toString()).equals(Buffer.from(bytes));
        const text = small.decode(ids([...bytes]));
        if (isValid) expect(text).toBe(Buffer.from(bytes).toString());
        else expect(text).toContain("\ufffd");
        expect([...text].length).toBeLessThanOrEqual(bytes.length);
      }),
      { seed },
    );
  });

  test("U+FEFF is a character, not a mark at the start of a file", () => {
    const { pieces } = small.model;
    const withMark = [...pieces, { text: "\ufeff", score: -1e9, kind: "normal" } as const];
    const model = readSentencePieceModel(writeModel(withMark), "test.model");
    expect(model.pieces.at(-1)?.text).toBe("\ufeff");
    expect(new SentencePiece(model).encode("\ufeff").at(-1)).toBe(pieces.length);
  });

  test("half of a surrogate pair is no character", () => {
    expect(small.encode("a\ud83d b")).toEqual(small.encode("a\ufffd b"));
  });

  test("merging in one go, and word by word, is the same", () => {
    const { pieces } = small.model;
    // A piece with a space inside forbids going word by word; text without it must not notice.
    const inside = ["q▁", "q▁q"].map((text): Piece => ({ text, score: -1e9, kind: "normal" }));
    const whole = new SentencePiece(
      readSentencePieceModel(writeModel([...pieces, ...inside]), "test.model"),
    );
    fc.assert(
      fc.property(mixed, (text) => {
        fc.pre(!text.includes("q"));
        expect(whole.encode(text)).toEqual(small.model.encode(text));
      }),
      { seed },
    );
    expect(whole.encode("q q")).toEqual([...small.encode("q").slice(0, -1), pieces.length + 1]);
  });

  test("the work grows with the text, not with its square", () => {
    // Time of this process, which other programs do not change as they change the clock's.
    const work = (text: string) => {
      const before = process.cpuUsage();
      small.model.encode(text);
      return process.cpuUsage(before).user / 1000;
    };
    for (const unit of ["a", "中文", "the quick brown fox ", "x7"]) {
      const [short = 0, long = 0] = [20_000, 160_000].map((size) => {
        const text = unit.repeat(size / unit.length);
        return Math.min(...Array.from({ length: 4 }, () => work(text)));
      });
      // 8 times the text: its square would be 64 times the work.
      expect(long).toBeLessThan(32 * Math.max(short, 10));
    }
  });
});

describe("added tokens", () => {
  const tokenizer = small.withTokens(["<IMG>", "<IMG_CONTEXT>"]);

  test("take the ids after the pieces, and split the text", () => {
    const { length } = small.model.pieces;
    expect(tokenizer.size).toBe(length + 2);
    const [image, context] = [length, length + 1];
    const asked = { specialTokens: true };
    expect(tokenizer.encode("a<IMG><IMG_CONTEXT>b", asked)).toEqual([
      ...small.encode("a"),
      image,
      context,
      ...small.encode("b"),
    ]);
    expect(tokenizer.decode(tokenizer.encode("<IMG>a", asked))).toBe("a");
    expect(small.encode("<IMG>", asked)).not.toContain(image);
  });

  test("an id beyond them is a fault", () => {
    for (const id of [tokenizer.size, -1, 1.5])
      expect(() => tokenizer.decode([1, id])).toThrow(
        expect.objectContaining({ code: "no-such-token" }),
      );
  });
});

describe("texts of inputs", () => {
  test("a prefix is one text with what follows, a prompt is not", () => {
    const joint = encodeText(small, "a cat", textSettings({ prefix: "summarize:" }));
    expect(joint).toEqual(small.encode("summarize:a cat"));
    const apart = encodeText(small, "a cat", textSettings({ prompt: "summarize:", bos: true }));
    expect(apart).toEqual([1, ...small.encode("summarize:"), ...small.encode("a cat")]);
  });

  test("cutting keeps </s>", () => {
    const settings = textSettings({ bos: true, eos: true, length: 4 });
    const ids = encodeText(small, "a photo of a cat", settings);
    expect(ids).toEqual([1, ...small.encode("a photo of a cat").slice(0, 2), 2]);
    expect(encodeText(small, "a", { ...settings, eos: false, length: 1 })).toEqual([1]);
  });

  test("captions are cleaned as for retrieval", () => {
    expect(cleanCaption('A "Red" Panda; (two):  sleeping...\n')).toBe("a red panda two sleeping");
    expect(cleanCaption("word ".repeat(60)).split(" ").length).toBe(50);
  });
});

describe("where the tokenizer comes from", () => {
  const code = (name: string) => expect.objectContaining({ code: name });

  test("a folder, the place beside the weights, or what was named", () => {
    expect(tokenizerSource(join(root, "examples"), undefined)().size).toBe(small.size);
    writeFileSync(
      join(folder, "tokenizer.model"),
      readFileSync(join(root, "examples/tokenizer.model")),
    );
    expect(tokenizerSource(undefined, join(folder, "model.safetensors"))().size).toBe(small.size);
    expect(tokenizerSource(undefined, folder)().size).toBe(small.size);
    const source = tokenizerSource(undefined, folder);
    expect(source()).toBe(source());
  });

  test("none", () => {
    expect(tokenizerSource(undefined, undefined)).toThrow(code("no-tokenizer"));
    expect(tokenizerSource(undefined, "random:1")).toThrow(code("no-tokenizer"));
    expect(tokenizerSource(undefined, join(folder, "none/x.safetensors"))).toThrow(
      code("no-tokenizer"),
    );
    expect(() => loadTokenizer(join(folder, "none.model"))).toThrow(code("file-missing"));
    expect(() => loadTokenizer(join(root, "models"))).toThrow(code("file-missing"));
  });
});
