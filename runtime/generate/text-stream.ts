import type { Tokenizer, TokenStream } from "../text/tokenizer.ts";
import { StopStrings } from "./stop-strings.ts";

/** Tokens of one sequence as text: whole characters only, and nothing from a stop string on. */
export class TextStream {
  readonly #size: number;
  readonly #stream: TokenStream;
  readonly #stops: StopStrings;
  #text = "";

  constructor(tokenizer: Tokenizer, stops: readonly string[]) {
    this.#size = tokenizer.size;
    this.#stream = tokenizer.stream();
    this.#stops = new StopStrings(stops);
  }

  /** All that was shown so far. */
  get text(): string {
    return this.#text;
  }

  get isStopped(): boolean {
    return this.#stops.isStopped;
  }

  /** Vocabularies are often rounded up: an id that the tokenizer does not know has no text. */
  push(id: number): string {
    return id < this.#size ? this.#shown(this.#stops.push(this.#stream.push(id))) : "";
  }

  end(): string {
    const rest = this.#stops.push(this.#stream.end());
    return this.#shown(rest + this.#stops.end());
  }

  #shown(text: string): string {
    this.#text += text;
    return text;
  }
}
