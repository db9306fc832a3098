import { describe, expect, test } from "vitest";
import {
  type Piece,
  readSentencePieceModel,
} from "../../../runtime/text/read-sentencepiece-model.ts";
import { SentencePiece } from "../../../runtime/text/sentencepiece.ts";
import { type ModelForm, writeModel } from "../../support/models/train-tokenizer.ts";

function sentencePiece(pieces: readonly Piece[], form: ModelForm = {}): SentencePiece {
  return new SentencePiece(readSentencePieceModel(writeModel(pieces, form), "test.model"));
}

describe("kinds of pieces", () => {
  const normal = (text: string, score: number): Piece => ({ text, score, kind: "normal" });
  const base: readonly Piece[] = [
    { text: "<unk>", score: 0, kind: "unknown" },
    { text: "<s>", score: 0, kind: "control" },
    { text: "</s>", score: 0, kind: "control" },
    ...[..."▁abc"].map((letter, index) => normal(letter, -100 - index)),
  ];
  const plain = { hasByteFallback: false, addsSpace: false };
  const spelt = (model: SentencePiece, text: string) =>
    model.encode(text).map((id) => model.pieces[id]?.text);

  test("the better score is merged first, the leftmost among equals", () => {
    const better = sentencePiece([...base, normal("ab", -2), normal("bc", -1)], plain);
    expect(spelt(better, "abc")).toEqual(["a", "bc"]);
    const equal = sentencePiece([...base, normal("ab", -1), normal("bc", -1)], plain);
    expect(spelt(equal, "abc")).toEqual(["ab", "c"]);
  });

  test("neighbours that are unknown are one, where bytes do not stand in", () => {
    const model = sentencePiece(base, plain);
    expect(model.encode("axyzb")).toEqual([4, 0, 5]);
    expect(model.decode([4, 0, 5])).toBe("a \u2047 b");
  });

  test("pieces that the user defined are never taken apart, unused ones always", () => {
    const user = sentencePiece(
      [...base, { text: "bb", score: 0, kind: "user" }, normal("ab", -1)],
      plain,
    );
    expect(spelt(user, "abbb")).toEqual(["a", "bb", "b"]);
    const unused = sentencePiece(
      [...base, { text: "ab", score: -1, kind: "unused" }, normal("abc", -2)],
      plain,
    );
    expect(spelt(unused, "abc")).toEqual(["abc"]);
    expect(spelt(unused, "aba")).toEqual(["a", "b", "a"]);
  });

  test("spaces: none in front, or runs as one", () => {
    expect(spelt(sentencePiece(base, plain), " a  b ")).toEqual([..."▁a▁▁b▁"]);
    const collapsing = sentencePiece(base, { hasByteFallback: false, collapsesSpaces: true });
    expect(spelt(collapsing, "  a   b  ")).toEqual([..."▁a▁b"]);
    expect(collapsing.encode("   ")).toEqual([]);
    // The sign for a space counts as one at the end of a text only.
    expect(spelt(collapsing, "▁a ▁")).toEqual([..."▁▁a"]);
    expect(collapsing.decode(collapsing.encode("  a   b  "))).toBe("a b");
  });

  test("what cannot be read rightly is refused", () => {
    const read = (bytes: Uint8Array) => () => readSentencePieceModel(bytes, "x.model");
    const unsupported = expect.objectContaining({ code: "unsupported-tokenizer" });
    const broken = expect.objectContaining({ code: "not-a-tokenizer" });
    expect(read(writeModel(base, { ...plain, type: 1 }))).toThrow(unsupported);
    expect(read(writeModel(base, { ...plain, table: Uint8Array.of(1) }))).toThrow(unsupported);
    expect(read(writeModel(base))).toThrow(broken);
    expect(read(writeModel([...base, normal("a", 0)], plain))).toThrow(broken);
    expect(read(new TextEncoder().encode('{"model": "tokenizer.json"}'))).toThrow(broken);
    expect(read(new Uint8Array(0))).toThrow(broken);
    expect(read(writeModel(base, plain).subarray(0, 40))).toThrow(broken);
  });
});
