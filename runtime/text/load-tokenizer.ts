import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../faults.ts";
import { readWhole } from "../files/read-bytes.ts";
import { readSentencePieceModel } from "./read-sentencepiece-model.ts";
import { SentencePiece } from "./sentencepiece.ts";
import { SentencePieceTokenizer } from "./sentencepiece-tokenizer.ts";
import type { Tokenizer, TokenizerOptions } from "./tokenizer.ts";

const fileName = "tokenizer.model";

/** Reads a SentencePiece model; a folder stands for the `tokenizer.model` in it. */
export function loadTokenizer(path: string, options: TokenizerOptions = {}): Tokenizer {
  return loadSentencePiece(isFolder(path) ? join(path, fileName) : path, options);
}

/** The same, where the file is known to be of that kind. */
export function loadSentencePiece(
  path: string,
  options: TokenizerOptions = {},
): SentencePieceTokenizer {
  const model = readSentencePieceModel(readWhole(path, largestFile), path);
  return new SentencePieceTokenizer(new SentencePiece(model), options);
}

/** Gives the tokenizer when a text needs it, and reads it once. */
export type TokenizerSource = () => Tokenizer;

/** The tokenizer that was named, else the `tokenizer.model` beside the weights. */
export function tokenizerSource(
  named: string | undefined,
  weights: string | undefined,
  options: TokenizerOptions = {},
): TokenizerSource {
  let loaded: Tokenizer | undefined;
  return () => {
    loaded ??= loadTokenizer(named ?? besideWeights(weights), options);
    return loaded;
  };
}

function besideWeights(weights: string | undefined): string {
  if (weights === undefined || weights.startsWith("random:"))
    throw fault("no-tokenizer", { looked: undefined });
  const path = join(isFolder(weights) ? weights : dirname(weights), fileName);
  if (!existsSync(path)) throw fault("no-tokenizer", { looked: path });
  return path;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The largest vocabularies take 20 MB. */
const largestFile = 1 << 28;
