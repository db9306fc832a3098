/** What a `tokenizer.json` says, as far as it is used; every field was looked at. */
export interface TokenizerFile {
  readonly model: VocabularyModel;
  readonly added: readonly AddedToken[];
  /** Parts in the form that `@huggingface/tokenizers` reads. */
  readonly normalizer: Part | null;
  readonly preTokenizer: Part | null;
  readonly decoder: Part | null;
  /** Names of the tokens that start and end a text, as the file puts them around one. */
  readonly boundaries: Boundaries;
}

export type VocabularyModel =
  | (Spelled & {
      readonly type: "BPE";
      readonly merges: readonly (readonly [string, string])[];
      readonly unk_token: string | null;
      readonly end_of_word_suffix: string | null;
      readonly byte_fallback: boolean;
      readonly ignore_merges: boolean;
      readonly fuse_unk: boolean;
    })
  | (Spelled & {
      readonly type: "WordPiece";
      readonly unk_token: string;
      readonly continuing_subword_prefix: string;
      readonly max_input_chars_per_word: number;
    })
  | (Spelled & { readonly type: "WordLevel"; readonly unk_token: string })
  | {
      readonly type: "Unigram";
      readonly vocab: readonly (readonly [string, number])[];
      readonly unk_id: number;
    };

interface Spelled {
  /** Ids by token. */
  readonly vocab: Readonly<Record<string, number>>;
}

/** A token that text is searched for before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export interface Part {
  readonly type: string;
  readonly [setting: string]: unknown;
}

export interface Boundaries {
  readonly bos: string | undefined;
  readonly eos: string | undefined;
}
