import type { InputValue } from "../../../runtime/input-value.ts";

/** The inputs of a mode that generates, by name. */
export type PromptInputs = Readonly<Record<string, InputValue>>;

/** How tokens are chosen; what is not given is greedy decoding. */
export interface GenerationSettings {
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  /** Above 1, tokens that stand in the prompt or in the answer become less likely. 1 if not given. */
  readonly repetitionPenalty?: number | undefined;
  /** More than 1 is a beam search; with one of the settings above it, but the penalty, one that samples. */
  readonly beams?: number | undefined;
  readonly minNewTokens?: number | undefined;
  /** Tokens that end a sequence; `</s>` if not given. */
  readonly ends?: readonly number[] | undefined;
  /** Go on behind the end token. */
  readonly ignoreEnd?: boolean | undefined;
  readonly keepLogits?: boolean | undefined;
}
