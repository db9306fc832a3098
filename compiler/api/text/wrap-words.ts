import { displayWidth } from "../../diagnostics/text-width.ts";

/** Lines of at most `width` columns, broken at blanks only: a word that is longer has a line of its own. */
export function wrapWords(text: string, width: number): readonly string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? "";
  let isFresh = true;
  for (const word of text.split(/ +/).filter(Boolean)) {
    const longer = isFresh ? line + word : `${line} ${word}`;
    if (isFresh || displayWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
    isFresh = false;
  }
  return [...lines, line];
}
