import { mergePieces } from "./merge-pieces.ts";
import { PieceDecoder } from "./piece-decoder.ts";
import { PieceVocabulary } from "./piece-vocabulary.ts";
import type { Piece, SentencePieceModel } from "./read-sentencepiece-model.ts";

/** Words that were seen are kept up to this number; text repeats itself. */
const keptWords = 1 << 16;
const longestKept = 48;

/** Text to the ids of pieces and back, exactly as the SentencePiece library does it for BPE models. */
export class SentencePiece {
  readonly pieces: readonly Piece[];
  readonly unknown: Piece;
  readonly unknownId: number;
  readonly #model: SentencePieceModel;
  readonly #vocabulary: PieceVocabulary;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #byteIds: Int32Array;
  readonly #words = new Map<string, readonly number[]>();
  readonly #utf8 = new TextEncoder();

  constructor(model: SentencePieceModel) {
    this.pieces = model.pieces;
    this.#model = model;
    this.#vocabulary = new PieceVocabulary(model);
    this.#ids = new Map(model.pieces.map((piece, id) => [piece.text, id]));
    this.unknownId = model.pieces.findIndex((piece) => piece.kind === "unknown");
    this.unknown = model.pieces[this.unknownId] ?? { text: "<unk>", score: 0, kind: "unknown" };
    this.#byteIds = Int32Array.from({ length: 256 }, (_, byte) => {
      const hex = byte.toString(16).toUpperCase().padStart(2, "0");
      return this.#ids.get(`<0x${hex}>`) ?? this.unknownId;
    });
  }

  /** Of a piece by its text, with `▁` for spaces; also of control pieces. */
  idOf(text: string): number | undefined {
    return this.#ids.get(text);
  }

  encode(text: string): number[] {
    const normal = this.#normalize(text);
    if (!this.#vocabulary.isWordwise) return this.#encodeWord(normal);
    const ids: number[] = [];
    // `▁▁of` after `▁king`: no piece reaches over the seam.
    for (const [word] of normal.matchAll(/▁*[^▁]+|▁+/g)) {
      for (const id of this.#encodeKnown(word)) ids.push(id);
    }
    return ids;
  }

  decode(ids: Iterable<number>): string {
    const decoder = this.decoder();
    let text = "";
    for (const id of ids) text += decoder.push(this.pieces[id] ?? this.unknown);
    return text + decoder.end();
  }

  /** For text that grows piece by piece. */
  decoder(): PieceDecoder {
    const { unknownSurface, addsSpace, collapsesSpaces } = this.#model;
    return new PieceDecoder(unknownSurface, collapsesSpaces ? "all" : addsSpace ? "one" : "none");
  }

  /** Halves of a surrogate pair are no characters and become U+FFFD. */
  #normalize(text: string): string {
    const { addsSpace, collapsesSpaces } = this.#model;
    const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
    const spaced = collapsesSpaces ? whole.replace(/^ +|[ ▁]+$/g, "").replace(/ +/g, " ") : whole;
    if (spaced === "") return "";
    return (addsSpace ? ` ${spaced}` : spaced).replaceAll(" ", "▁");
  }

  #encodeKnown(word: string): readonly number[] {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const ids = this.#encodeWord(word);
    if (word.length <= longestKept) {
      if (this.#words.size >= keptWords) this.#words.clear();
      this.#words.set(word, ids);
    }
    return ids;
  }

  #encodeWord(word: string): number[] {
    const ids: number[] = [];
    let wasUnknown = false;
    for (const piece of mergePieces(word, this.#vocabulary)) {
      const id = this.#vocabulary.ids.get(piece);
      if (id !== undefined) ids.push(id);
      else if (this.#model.hasByteFallback) {
        for (const byte of this.#utf8.encode(piece)) ids.push(this.#byteIds[byte] ?? 0);
      } else if (!wasUnknown) ids.push(this.unknownId); // Neighbours that are unknown are one piece.
      wasUnknown = id === undefined;
    }
    return ids;
  }
}
