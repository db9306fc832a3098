// Texts in drawings.

/** As it stands in an SVG: without marks of the markup, and without the signs that XML may not hold. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cs}\ufffe\uffff]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/\p{Cc}/gu, " ");
}

/** Characters that are about twice as wide as a letter. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/** The first letters of a name that is longer than so many, with dots behind them. */
export function clipped(text: string, letters: number): string {
  const [first = ""] = pieces(text, letters);
  return first === text ? text : `${pieces(text, letters - 1)[0]}…`;
}

/** A text in lines of about so many letters, broken at blanks where there are any; the last of too many ends in dots. */
export function wrapped(text: string, letters: number, most: number): readonly string[] {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/).flatMap((one) => pieces(one, letters))) {
    const line = lines.at(-1) ?? "";
    const joined = line === "" ? word : `${line} ${word}`;
    if (widthOf(joined) <= letters) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1] ?? ""} …`];
}

/** A word, or where it is longer than a line its parts. */
function pieces(word: string, letters: number): readonly string[] {
  const parts = [""];
  for (const character of word) {
    const longer = (parts.at(-1) ?? "") + character;
    if (widthOf(longer) > letters) parts.push(character);
    else parts[parts.length - 1] = longer;
  }
  return parts;
}

/** In letters. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}

/** Lines below each other, the first with its base at `y`. */
export function textLines(lines: readonly string[], x: number, y: number): string {
  const spans = lines.map(
    (line, index) => `<tspan x="${x}" y="${y + 15 * index}">${escaped(line)}</tspan>`,
  );
  return `<text>${spans.join("")}</text>`;
}
