import { JsonFields } from "./json-fields.ts";
import { readBoundaries } from "./read-boundaries.ts";
import { mostTokens, readModel } from "./read-model.ts";
import { PartReader } from "./read-parts.ts";
import type { AddedToken, TokenizerFile } from "./tokenizer-file.ts";

/**
 * Reads the texts of a `tokenizer.json` and of the `tokenizer_config.json` beside it. Nothing in them is run but
 * patterns that were looked at; padding, truncation and templates of dialogues are not read.
 *
 * @throws {RuntimeFault} `not-a-tokenizer`, `unsupported-tokenizer`.
 */
export function readTokenizerJson(
  path: string,
  text: string,
  config?: { readonly path: string; readonly text: string } | undefined,
): TokenizerFile {
  const file = documentOf(path, text);
  const model = file.inner("model");
  if (model === undefined) throw file.broken("has no `model`");
  const added = file.list("added_tokens", mostTokens).map((one) => addedToken(path, one));
  if (new Set(added.map(({ content }) => content)).size < added.length)
    throw file.broken("adds a token twice");
  const parts = new PartReader();
  return {
    model: readModel(model),
    added,
    normalizer: parts.normalizer(file.inner("normalizer")),
    preTokenizer: parts.preTokenizer(file.inner("pre_tokenizer")),
    decoder: parts.decoder(file.inner("decoder")),
    boundaries: readBoundaries(file, config && documentOf(config.path, config.text), added),
  };
}

function documentOf(path: string, text: string): JsonFields {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new JsonFields(path, "the file", {}).broken(`is not JSON (${reason})`);
  }
  return new JsonFields(path, "the document", value);
}

function addedToken(path: string, value: unknown): AddedToken {
  const fields = new JsonFields(path, "an added token", value);
  const content = fields.text("content");
  if (content === "" || content.length > 1024)
    throw fields.broken("has no text, or a very long one");
  if (fields.truth("single_word", false))
    throw fields.unsupported(`${JSON.stringify(content)} is a token where it is a whole word only`);
  const special = fields.truth("special", false);
  return {
    id: fields.count("id", mostTokens - 1),
    content,
    special,
    normalized: fields.truth("normalized", !special),
    lstrip: fields.truth("lstrip", false),
    rstrip: fields.truth("rstrip", false),
  };
}
