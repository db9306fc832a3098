import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../faults.ts";
import { readText, readWhole } from "../files/read-bytes.ts";
import { readSentencePieceModel } from "./read-sentencepiece-model.ts";
import { SentencePiece } from "./sentencepiece.ts";
import { SentencePieceTokenizer } from "./sentencepiece-tokenizer.ts";
import type { Tokenizer, TokenizerOptions } from "./tokenizer.ts";
import { JsonTokenizer } from "./tokenizer-json/json-tokenizer.ts";
import { LoadedFile } from "./tokenizer-json/loaded-file.ts";
import { readTokenizerJson } from "./tokenizer-json/read-tokenizer-json.ts";

/** The first that a folder has is its tokenizer. */
const fileNames = ["tokenizer.model", "tokenizer.json"];

/**
 * Reads a SentencePiece model or a `tokenizer.json` of Hugging Face's, whichever the file holds; a folder stands for
 * the `tokenizer.model` in it, else for its `tokenizer.json`.
 *
 * @throws {RuntimeFault} where there is no such file, or it is no tokenizer that can be used.
 */
export function loadTokenizer(path: string, options: TokenizerOptions = {}): Tokenizer {
  const file = isFolder(path) ? (fileIn(path) ?? join(path, "tokenizer.model")) : path;
  const bytes = readWhole(file, largestFile);
  if (!isJson(file, bytes)) return sentencePieceOf(bytes, file, options);
  if (bytes.length > largestJson) {
    const reason = `it has ${bytes.length} bytes, more than any vocabulary needs`;
    throw fault("not-a-tokenizer", { path: file, reason });
  }
  const config = join(dirname(file), "tokenizer_config.json");
  const beside = existsSync(config)
    ? { path: config, text: readText(config, largestConfig) }
    : undefined;
  const text = new TextDecoder().decode(bytes);
  return new JsonTokenizer(new LoadedFile(file, readTokenizerJson(file, text, beside)), options);
}

/** A SentencePiece model alone, with what only it can do. */
export function loadSentencePiece(
  path: string,
  options: TokenizerOptions = {},
): SentencePieceTokenizer {
  return sentencePieceOf(readWhole(path, largestFile), path, options);
}

function sentencePieceOf(
  bytes: Uint8Array,
  path: string,
  options: TokenizerOptions,
): SentencePieceTokenizer {
  const model = readSentencePieceModel(bytes, path);
  return new SentencePieceTokenizer(new SentencePiece(model), options);
}

/** A message of protobuf begins with the number of a field, a document with a brace or a mark before it. */
function isJson(path: string, [first, second]: Uint8Array): boolean {
  return path.endsWith(".json") || first === 0x7b || (first === 0xef && second === 0xbb);
}

/** The tokenizer that a folder has, if it has one. */
function fileIn(folder: string): string | undefined {
  return fileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** Gives the tokenizer when a text needs it, and reads it once. */
export type TokenizerSource = () => Tokenizer;

/** The tokenizer that was named, else the one beside the weights. */
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
  const path = tokenizerBeside(weights);
  if (path !== undefined) return path;
  const isFile = weights !== undefined && !weights.startsWith("random:");
  const looked = isFile ? join(folderOf(weights), "tokenizer.model") : undefined;
  throw fault("no-tokenizer", { looked });
}

/** The tokenizer beside weights, where there is one. */
export function tokenizerBeside(weights: string | undefined): string | undefined {
  if (weights === undefined || weights.startsWith("random:")) return undefined;
  return fileIn(folderOf(weights));
}

function folderOf(weights: string): string {
  return isFolder(weights) ? weights : dirname(weights);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The largest vocabularies take 20 MB, as JSON 35. */
const largestFile = 1 << 28;
const largestJson = 3 << 24;
const largestConfig = 1 << 24;
