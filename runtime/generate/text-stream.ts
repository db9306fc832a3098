import type { Tokenizer, TokenStream } from "../text/tokenizer.ts";
import { StopStrings } from "./stop-strings.ts";

/** Tokens of one sequence as text: whole characters only, and nothing from a stop string on. */
export class TextStream {
  readonly #stream: TokenStream;
  readonly #stops: StopStrings;
  #text = "";

  constructor(tokenizer: Tokenizer, stops: readonly string[]) {
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

  push(id: number): string {
    return this.#shown(this.#stops.push(this.#stream.push(id)));
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
