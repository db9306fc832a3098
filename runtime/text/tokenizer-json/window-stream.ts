import type { TokenStream } from "../tokenizer.ts";

/** A character has four bytes at most, so a text that more tokens leave open is not going to be completed. */
const longestWait = 8;

/**
 * Text of tokens that come one after the other. What a token adds depends on those before it (a space, half a
 * character), so the last ones that were shown are decoded again with those that follow.
 */
export class WindowStream implements TokenStream {
  readonly #decode: (ids: readonly number[]) => string;
  /** Tokens whose text was shown, as far as they are still looked at, and those that wait. */
  #shown: readonly number[] = [];
  #waiting: number[] = [];

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  push(id: number): string {
    this.#waiting.push(id);
    const { text, added } = this.#added();
    const isOpen = text.endsWith("\ufffd") && this.#waiting.length < longestWait;
    if (added === "" || isOpen) return "";
    this.#shown = this.#waiting;
    this.#waiting = [];
    return added;
  }

  end(): string {
    const { added } = this.#added();
    this.#shown = [];
    this.#waiting = [];
    return added;
  }

  #added(): { readonly text: string; readonly added: string } {
    const before = this.#decode(this.#shown);
    const text = this.#decode([...this.#shown, ...this.#waiting]);
    let same = 0;
    while (same < before.length && before[same] === text[same]) same += 1;
    return { text, added: text.slice(same) };
  }
}
