import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { Tokenizer } from "../../../runtime/text/tokenizer.ts";

/** The tokenizer, where there is one. */
export function tokenizerIfAny(source: TokenizerSource): Tokenizer | undefined {
  try {
    return source();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "no-tokenizer")
      return undefined;
    throw error;
  }
}
