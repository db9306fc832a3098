/** One thing that somebody said. The user begins, and speaks every other turn. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
  /**
   * How many images a user's turn shows; they stand in front of its text. Without a number, as many as the
   * text has `<image>` in it, which is then no text.
   */
  readonly images?: number;
}

/** A user's turn and the answer, which an open conversation does not have yet. */
export interface Round {
  readonly index: number;
  readonly question: string;
  readonly images: number;
  /** Whether this round or one before it showed an image. */
  readonly hasSeen: boolean;
  /** False for a model that is made without them. */
  readonly hasQueries: boolean;
  readonly answer: string | undefined;
}

/** What a round is written as: text, and tokens of which the model replaces some by what it sees. */
export type ChatPart =
  | { readonly kind: "text"; readonly text: string }
  /** What the assistant says: the part that training looks at. */
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "token"; readonly token: string }
  /** As many tokens as one image has patches, or as there are queries. */
  | { readonly kind: "image" | "query" };

/** How a conversation is written for a language model. */
export interface ChatTemplate {
  readonly name: string;
  /** What stands before the first turn. */
  readonly system: string;
  /** Tokens that the language model has beyond the tokenizer's pieces, in the order of their ids. */
  readonly added: readonly string[];
  /** The token that stands for one patch; it need not be in the vocabulary. */
  readonly imageToken: string;
  /** The token that stands for one query, where the template has them. */
  readonly queryToken?: string;
  readonly round: (round: Round) => readonly ChatPart[];
  /** Tokens that end an answer. */
  readonly stops: readonly string[];
}
