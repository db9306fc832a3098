import type { Piece } from "../../../runtime/text/read-sentencepiece-model.ts";

/**
 * A byte-pair encoding of `size` pieces learned from a text, as a SentencePiece model: the pair that occurs
 * most is merged, until there are enough. Small texts only: pairs are counted anew for every merge.
 */
export function trainTokenizer(text: string, size: number): Uint8Array {
  const words = countWords(text);
  const characters = countAll(words, (symbols) => symbols);
  const letters = [...characters]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([letter]) => letter);
  const merged: string[] = [];
  const fixed: Piece[] = [
    { text: "<unk>", score: 0, kind: "unknown" },
    { text: "<s>", score: 0, kind: "control" },
    { text: "</s>", score: 0, kind: "control" },
    ...Array.from({ length: 256 }, (_, byte): Piece => {
      const hex = byte.toString(16).toUpperCase().padStart(2, "0");
      return { text: `<0x${hex}>`, score: 0, kind: "byte" };
    }),
  ];
  // Rare letters are left to the bytes.
  const kept = letters.filter((letter) => (characters.get(letter) ?? 0) >= 4);
  const room = size - fixed.length - kept.length;
  while (merged.length < room) {
    const pairs = countAll(words, (symbols) =>
      symbols.slice(1).map((symbol, index) => `${symbols[index]}\u0000${symbol}`),
    );
    const best = [...pairs].reduce(
      (most, pair) =>
        pair[1] > most[1] || (pair[1] === most[1] && pair[0] < most[0]) ? pair : most,
      ["", 0] as [string, number],
    );
    const [left = "", right = ""] = best[0].split("\u0000");
    if (best[1] < 2) throw new Error(`the text is too short for ${size} pieces`);
    if (!merged.includes(left + right)) merged.push(left + right);
    for (const word of words) word.symbols = mergePair(word.symbols, left, right);
  }
  const learned = [...merged, ...kept].map(
    (piece, rank): Piece => ({ text: piece, score: -rank, kind: "normal" }),
  );
  return writeModel([...fixed, ...learned]);
}

interface Word {
  symbols: readonly string[];
  readonly count: number;
}

/** Digits and marks stay apart, as LLaMA has them. */
function countWords(text: string): Word[] {
  const counts = new Map<string, number>();
  for (const line of text.split("\n"))
    for (const [word] of ` ${line}`
      .replaceAll(" ", "▁")
      .matchAll(/▁*\p{L}+|▁*\d|▁*[^\p{L}\d▁]|▁+/gu))
      counts.set(word, (counts.get(word) ?? 0) + 1);
  return Array.from(counts, ([word, count]) => ({ symbols: [...word], count }));
}

function countAll(words: readonly Word[], of: (symbols: readonly string[]) => readonly string[]) {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words)
    for (const key of of(symbols)) counts.set(key, (counts.get(key) ?? 0) + count);
  return counts;
}

function mergePair(symbols: readonly string[], left: string, right: string): readonly string[] {
  const merged: string[] = [];
  for (const symbol of symbols) {
    if (symbol === right && merged.at(-1) === left) merged[merged.length - 1] = left + right;
    else merged.push(symbol);
  }
  return merged;
}

export interface ModelForm {
  /** 1 unigram, 2 BPE. */
  readonly type?: number;
  readonly hasByteFallback?: boolean;
  readonly addsSpace?: boolean;
  readonly collapsesSpaces?: boolean;
  /** A table by which characters are normalised. */
  readonly table?: Uint8Array;
}

const kinds = ["normal", "unknown", "control", "user", "unused", "byte"];

/** A `tokenizer.model` with these pieces. */
export function writeModel(pieces: readonly Piece[], form: ModelForm = {}): Uint8Array {
  const { type = 2, hasByteFallback = true, addsSpace = true, collapsesSpaces = false } = form;
  const parts = pieces.map(({ text, score, kind }) =>
    bytesField(1, [
      ...bytesField(1, new TextEncoder().encode(text)),
      (2 << 3) | 5,
      ...new Uint8Array(Float32Array.of(score).buffer),
      ...numberField(3, kinds.indexOf(kind) + 1),
    ]),
  );
  const trainer = [
    ...numberField(3, type),
    ...numberField(4, pieces.length),
    ...numberField(35, hasByteFallback ? 1 : 0),
  ];
  const normalizer = [
    ...bytesField(1, new TextEncoder().encode("identity")),
    ...bytesField(2, form.table ?? []),
    ...numberField(3, addsSpace ? 1 : 0),
    ...numberField(4, collapsesSpaces ? 1 : 0),
  ];
  return Uint8Array.from([
    ...parts.flat(),
    ...bytesField(2, trainer),
    ...bytesField(3, normalizer),
  ]);
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

const numberField = (field: number, value: number): readonly number[] => [
  ...varint(field << 3),
  ...varint(value),
];

const bytesField = (field: number, bytes: ArrayLike<number>): readonly number[] => [
  ...varint((field << 3) | 2),
  ...varint(bytes.length),
  ...Array.from(bytes),
];
