import { fault } from "../faults.ts";
import { WireError, wireFields } from "./wire-fields.ts";

/** What a piece is for; `unused` ones take part in merges and are taken apart again. */
type PieceKind = "normal" | "unknown" | "control" | "user" | "unused" | "byte";

export interface Piece {
  /** With `▁` for spaces. */
  readonly text: string;
  readonly score: number;
  readonly kind: PieceKind;
}

/** What a `tokenizer.model` of the BPE kind says. */
export interface SentencePieceModel {
  /** By id. */
  readonly pieces: readonly Piece[];
  /** What no piece covers is spelt by its UTF-8 bytes, instead of being unknown. */
  readonly hasByteFallback: boolean;
  /** What the unknown piece is decoded to. */
  readonly unknownSurface: string;
  /** Text that is not empty starts with a space of its own. */
  readonly addsSpace: boolean;
  /** Runs of spaces count as one, those at the ends as none. */
  readonly collapsesSpaces: boolean;
}

const kinds: readonly PieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];
const modelTypes = ["?", "unigram", "BPE", "word", "character"];

/** Numbers of the fields in `sentencepiece_model.proto`. */
const fields = {
  model: { piece: 1, trainer: 2, normalizer: 3 },
  piece: { text: 1, score: 2, kind: 3 },
  trainer: { modelType: 3, spaceIsSuffix: 24, byteFallback: 35, unknownSurface: 44 },
  normalizer: { table: 2, addsSpace: 3, collapsesSpaces: 4, escapesSpaces: 5 },
} as const;

type Fields = ReadonlyMap<number, number | Uint8Array>;

/** Reads the content of a `tokenizer.model`; whatever would be read wrongly is a fault, never a guess. */
export function readSentencePieceModel(bytes: Uint8Array, path: string): SentencePieceModel {
  const { pieces, trainer, normalizer } = sections(bytes, path);
  const unsupported = (reason: string) => fault("unsupported-tokenizer", { path, reason });
  const type = numberOf(trainer, fields.trainer.modelType, 1);
  if (type !== 2) throw unsupported(`it is a ${modelTypes[type] ?? "new kind of"} model`);
  if (numberOf(trainer, fields.trainer.spaceIsSuffix, 0) !== 0)
    throw unsupported("its pieces have spaces at their ends");
  const table = normalizer.get(fields.normalizer.table);
  if (table instanceof Uint8Array && table.length > 0)
    throw unsupported("it normalises characters by a table");
  if (numberOf(normalizer, fields.normalizer.escapesSpaces, 1) === 0)
    throw unsupported("it does not write spaces as `▁`");
  const hasByteFallback = numberOf(trainer, fields.trainer.byteFallback, 0) !== 0;
  const byteCount = pieces.filter((piece) => piece.kind === "byte").length;
  if (hasByteFallback && byteCount !== 256)
    throw broken(path, `it has ${byteCount} of the 256 byte pieces`);
  const surface = trainer.get(fields.trainer.unknownSurface);
  return {
    pieces,
    hasByteFallback,
    unknownSurface: surface instanceof Uint8Array ? textOf(surface) : " \u2047 ",
    addsSpace: numberOf(normalizer, fields.normalizer.addsSpace, 1) !== 0,
    collapsesSpaces: numberOf(normalizer, fields.normalizer.collapsesSpaces, 1) !== 0,
  };
}

function sections(bytes: Uint8Array, path: string) {
  const pieces: Piece[] = [];
  let trainer: Fields = new Map();
  let normalizer: Fields = new Map();
  try {
    for (const field of wireFields(bytes)) {
      if (field.kind !== "bytes") continue;
      if (field.number === fields.model.piece) pieces.push(pieceOf(field.value, path));
      if (field.number === fields.model.trainer) trainer = fieldsOf(field.value);
      if (field.number === fields.model.normalizer) normalizer = fieldsOf(field.value);
    }
  } catch (error) {
    if (error instanceof WireError) throw broken(path, error.message);
    throw error;
  }
  if (pieces.length === 0) throw broken(path, "it holds no pieces");
  if (pieces.filter((piece) => piece.kind === "unknown").length !== 1)
    throw broken(path, "it does not have one piece for what is unknown");
  if (new Set(pieces.map((piece) => piece.text)).size !== pieces.length)
    throw broken(path, "it has a piece twice");
  return { pieces, trainer, normalizer };
}

function pieceOf(bytes: Uint8Array, path: string): Piece {
  let text = "";
  let score = 0;
  let type = 1;
  for (const { number, value } of wireFields(bytes)) {
    if (number === fields.piece.text && value instanceof Uint8Array) text = textOf(value);
    if (number === fields.piece.score && typeof value === "number") score = value;
    if (number === fields.piece.kind && typeof value === "number") type = value;
  }
  const kind = kinds[type - 1];
  if (text === "" || kind === undefined)
    throw broken(path, "one of its pieces has no text or no known kind");
  return { text, score, kind };
}

const fieldsOf = (bytes: Uint8Array): Fields =>
  new Map(Array.from(wireFields(bytes), ({ number, value }) => [number, value]));

function numberOf(parts: Fields, field: number, byDefault: number): number {
  const value = parts.get(field);
  return typeof value === "number" ? value : byDefault;
}

/** A `Buffer` keeps `U+FEFF`, which is a piece like any other; a `TextDecoder` would drop it. */
const textOf = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length).toString();
const broken = (path: string, reason: string) => fault("not-a-tokenizer", { path, reason });
