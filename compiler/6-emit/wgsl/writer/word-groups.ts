import type { CalledFunctions } from "../functions/called-functions.ts";
import type { Layout } from "./binding-table.ts";

export type WordLayout = Extract<Layout, "i8-words" | "i4-words">;

export function isOfWords(layout: Layout): layout is WordLayout {
  return layout === "i8-words" || layout === "i4-words";
}

/** How many groups of four elements are the two words that are loaded at once. */
export const groupsOfWords: Readonly<Record<WordLayout, number>> = { "i8-words": 2, "i4-words": 4 };

/** Four elements out of two words, by the number of their group: the tensor's, or the one within the words. */
export function groupOfWords(
  layout: WordLayout,
  words: string,
  group: string,
  functions: CalledFunctions,
): string {
  return `${functions.use(layout === "i8-words" ? "widen_i8" : "widen_i4", 4)}(${words}, ${group})`;
}
