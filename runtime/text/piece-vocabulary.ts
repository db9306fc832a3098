import type { SentencePieceModel } from "./read-sentencepiece-model.ts";

/** The pieces as merging asks for them. */
export class PieceVocabulary {
  /** Pieces that text can become, with their ids; control and byte pieces are never spelt by text. */
  readonly ids: ReadonlyMap<string, number>;
  /** By id: 0 is merged first. Pieces of equal score have equal ranks. */
  readonly ranks: Float64Array;
  readonly unused: ReadonlySet<number>;
  /** No piece is longer, in UTF-16 units. */
  readonly longest: number;
  /** No piece has a space after something else, so words can be encoded one by one. */
  readonly isWordwise: boolean;
  /** Matches, at a place, the longest piece that is never taken apart. */
  readonly fixed: RegExp | undefined;

  constructor({ pieces }: SentencePieceModel) {
    const ids = new Map<string, number>();
    const unused = new Set<number>();
    const fixed: string[] = [];
    for (const [id, { text, kind }] of pieces.entries()) {
      if (kind === "normal" || kind === "user" || kind === "unused") ids.set(text, id);
      if (kind === "user") fixed.push(text);
      if (kind === "unused") unused.add(id);
    }
    const scores = [...new Set(pieces.map((piece) => piece.score))].sort((a, b) => b - a);
    const rankOf = new Map(scores.map((score, rank) => [score, rank]));
    this.ids = ids;
    this.unused = unused;
    this.ranks = Float64Array.from(pieces, (piece) => rankOf.get(piece.score) ?? 0);
    this.longest = [...ids.keys()].reduce((most, text) => Math.max(most, text.length), 1);
    this.isWordwise = ![...ids.keys()].some((text) => /[^▁]▁/.test(text));
    this.fixed = fixed.length === 0 ? undefined : literalPattern(fixed, "uy");
  }
}

/** Matches any of these texts, the longest first. */
export function literalPattern(texts: readonly string[], flags: string): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`(?:${escaped.join("|")})`, flags);
}
