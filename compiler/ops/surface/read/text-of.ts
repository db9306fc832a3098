import type { Span } from "../../../source/source-file.ts";

/** What is written there, for messages: short texts as they are, long ones as `...`. */
export function textOf({ file, start, end }: Span): string {
  const text = file.text.slice(start, end);
  return text.length <= 32 && !text.includes("\n") ? text : "...";
}
