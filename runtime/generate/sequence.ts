/** Why a sequence went no further. */
export type Ending = "end-token" | "stop-string" | "max-new-tokens" | "context-full";

/** One more token of one sequence. */
export interface TokenEvent {
  readonly row: number;
  readonly token: number;
  /** What it adds to the text: nothing while a character or a stop string is not complete. */
  readonly text: string;
  /** Set with the last token of the sequence. */
  readonly ending: Ending | undefined;
}

export interface Sequence {
  /** With the end token, where one ended it. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly ending: Ending;
}
