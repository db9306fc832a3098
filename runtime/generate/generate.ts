import type { Tensor } from "../tensor.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Ending, Sequence, TokenEvent } from "./sequence.ts";
import { TextStream } from "./text-stream.ts";
import { type TokenModel, tokensOf } from "./token-model.ts";

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** Tokens that end a sequence; none to go on to the last. */
  readonly ends: readonly number[];
  /** Without one there is no text. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Texts that end a sequence; they need a tokenizer. */
  readonly stops?: readonly string[] | undefined;
  /** Keep the logits of every step, and those after the last token; the program must give them. */
  readonly keepLogits?: boolean | undefined;
}

export interface Generated {
  readonly sequences: readonly Sequence[];
  /** One tensor for each token of the longest sequence, and one more. */
  readonly logits: readonly Tensor[];
}

export interface Prompt {
  /** One of the model's `steps.prompts`. */
  readonly step: number;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/**
 * Greedy decoding or sampling, whichever the program does: an iterator of tokens as they come, all rows of
 * the batch in step. Its return value is the whole.
 */
export async function* generate(
  model: TokenModel,
  prompt: Prompt,
  options: GenerateOptions,
): AsyncGenerator<TokenEvent, Generated> {
  const { maxNewTokens, ends, keepLogits = false } = options;
  const { rows } = model.steps;
  const sequences = Array.from({ length: rows }, () => new GrowingSequence(options));
  const logits: Tensor[] = [];
  const keep = (tensor: Tensor | undefined) => {
    if (keepLogits && tensor !== undefined) logits.push(tensor);
  };
  let outputs = await model.begin(prompt.step, prompt.inputs);
  keep(outputs.logits);
  for (let count = 1; maxNewTokens > 0; count++) {
    const isLast = count >= maxNewTokens ? "max-new-tokens" : undefined;
    const ending = isLast ?? (model.hasRoom ? undefined : "context-full");
    for (const [row, token] of tokensOf(outputs).entries()) {
      const sequence = sequences[row];
      if (sequence === undefined || sequence.ending !== undefined) continue;
      yield { row, token, ...sequence.push(token, ends.includes(token), ending) };
    }
    const isOver = sequences.every((sequence) => sequence.ending !== undefined);
    if (isOver && !(keepLogits && model.hasRoom)) break;
    outputs = await model.next();
    keep(outputs.logits);
    if (isOver) break;
  }
  return { sequences: sequences.map((sequence) => sequence.done()), logits };
}

class GrowingSequence {
  readonly #tokens: number[] = [];
  readonly #text: TextStream | undefined;
  ending: Ending | undefined;

  constructor({ tokenizer, stops = [] }: GenerateOptions) {
    this.#text = tokenizer && new TextStream(tokenizer, stops);
  }

  /** `otherwise`: why this is the last token even if it ends nothing itself. */
  push(
    token: number,
    isEnd: boolean,
    otherwise: Ending | undefined,
  ): Pick<TokenEvent, "text" | "ending"> {
    this.#tokens.push(token);
    const piece = isEnd ? "" : (this.#text?.push(token) ?? "");
    const isStopped = this.#text?.isStopped === true;
    this.ending = isEnd ? "end-token" : isStopped ? "stop-string" : otherwise;
    const rest = this.ending === undefined ? "" : (this.#text?.end() ?? "");
    return { text: piece + rest, ending: this.ending };
  }

  done(): Sequence {
    const { ending = "max-new-tokens" } = this;
    return { tokens: this.#tokens, text: this.#text?.text ?? "", ending };
  }
}
