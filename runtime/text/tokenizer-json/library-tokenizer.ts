import { createRequire } from "node:module";
import type { AddedToken, TokenizerFile, VocabularyModel } from "./tokenizer-file.ts";

/** What is used of `@huggingface/tokenizers`: texts to ids and back, without tokens around them. */
export interface LibraryTokenizer {
  readonly encode: (text: string) => readonly (number | undefined)[];
  /** Tokens that are no text must not be among them. */
  readonly decode: (ids: readonly number[]) => string;
}

/**
 * The tokenizer of a file. Special tokens are found in texts, or else no text spells them: names that a vocabulary has
 * for them become names that no text can hold, since half of a surrogate pair is no character.
 */
export function libraryTokenizer(file: TokenizerFile, findsSpecials: boolean): LibraryTokenizer {
  const { model, added, normalizer, preTokenizer, decoder } = file;
  const hidden = findsSpecials ? [] : added.filter(({ special }) => special);
  const { Tokenizer } = library();
  const shown = withoutNames(model, hidden);
  const tokenizer = new Tokenizer(
    {
      model: shown,
      added_tokens: findsSpecials ? added : added.filter(({ special }) => !special),
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder,
    },
    // Models of whole words take their unknown token from here.
    { unk_token: "unk_token" in shown ? shown.unk_token : undefined },
  );
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (ids) =>
      ids.length === 0
        ? ""
        : tokenizer.decode([...ids], {
            // Spaces at the ends belong to the marks of ends of words, which this takes away.
            skip_special_tokens: true,
            clean_up_tokenization_spaces: false,
          }),
  };
}

/** Loaded when it is needed: few commands read a tokenizer, fewer one of this kind. */
function library(): typeof import("@huggingface/tokenizers") {
  return createRequire(import.meta.url)(
    "@huggingface/tokenizers",
  ) as typeof import("@huggingface/tokenizers");
}

function withoutNames(model: VocabularyModel, hidden: readonly AddedToken[]): VocabularyModel {
  if (hidden.length === 0) return model;
  const names = new Map(hidden.map(({ content }, n) => [content, `\ud800${n}`] as const));
  const renamed = <T extends string | null>(name: T): T => (names.get(name ?? "") ?? name) as T;
  if (model.type === "Unigram")
    return { ...model, vocab: model.vocab.map(([token, score]) => [renamed(token), score]) };
  const vocab = Object.fromEntries(
    Object.entries(model.vocab).map(([token, id]) => [renamed(token), id]),
  );
  // The kinds differ in their settings only, which stay.
  return { ...model, vocab, unk_token: renamed(model.unk_token) } as VocabularyModel;
}
