/** What every tokenizer can do, whichever file it was read from. */
export interface Tokenizer {
  /** Ids are whole numbers below it; not each of them need be a token. */
  readonly size: number;
  /** The token that starts a text, where the tokenizer has one. */
  readonly bosId: number | undefined;
  /** The token that ends a text, where the tokenizer has one. */
  readonly eosId: number | undefined;
  /** Tokens that are no text of their own, such as `</s>` and `<IMG>`: ids by name. */
  readonly specialTokens: ReadonlyMap<string, number>;
  /**
   * The ids of a text.
   *
   * @throws {RuntimeFault} where `bos` or `eos` asks for a token that the tokenizer lacks.
   */
  readonly encode: (text: string, options?: EncodeOptions) => number[];
  /**
   * The text of ids; special tokens have none.
   *
   * @throws {RuntimeFault} where an id is no token.
   */
  readonly decode: (ids: readonly number[]) => string;
  /** For text that grows token by token: only whole characters come out, each as soon as it is certain. */
  readonly stream: () => TokenStream;
  /** The id of a token by its exact name: `</s>`, `<IMG>`, or any piece of the vocabulary. */
  readonly idOf: (name: string) => number | undefined;
  /** The same with further special tokens: those that it lacks take the ids from `size` on. */
  readonly withTokens: (names: readonly string[]) => Tokenizer;
}

export interface EncodeOptions {
  /** Start with the token that starts a text. Default `false`. */
  readonly bos?: boolean | undefined;
  /** End with the token that ends a text. Default `false`. */
  readonly eos?: boolean | undefined;
  /**
   * Names of special tokens in the text become those tokens. Default: what the tokenizer was read with,
   * which is `false`: whoever types `</s>` means four characters.
   */
  readonly specialTokens?: boolean | undefined;
}

export interface TokenizerOptions {
  /** What `encode` does where it is not told: whether names of special tokens in a text are those tokens. */
  readonly specialTokens?: boolean | undefined;
}

export interface TokenStream {
  /** What the token makes certain of the text. */
  readonly push: (id: number) => string;
  /** What was held back, when no more tokens come. */
  readonly end: () => string;
}
