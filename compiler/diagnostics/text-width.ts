const tabStop = 4;

/** How a source line is shown: tabs as blanks, and where each of its offsets stands on the screen. */
export interface ShownLine {
  readonly text: string;
  /** The screen column, from 0, of each UTF-16 offset; one more for the end. */
  readonly columns: readonly number[];
}

export function showLine(line: string): ShownLine {
  let text = "";
  let column = 0;
  const columns: number[] = [];
  for (const character of line) {
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    const width = character === "\t" ? tabStop - (column % tabStop) : widthOf(character);
    text += character === "\t" ? " ".repeat(width) : visible(character);
    column += width;
  }
  columns.push(column);
  return { text, columns };
}

/** A control character as the picture that Unicode has for it, so that a source cannot talk to the terminal. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return isControl(code) ? "\u2421" : character;
}

/** C0 and C1, line separators, and the marks that turn the direction of writing. */
function isControl(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}

/** A text from outside on one line of a message. */
export function oneLine(text: string): string {
  return [...text]
    .map((character) => (isControl(character.codePointAt(0) ?? 0) ? visible(character) : character))
    .join("");
}

/** Columns that a terminal gives to a text; colours take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(colour, "")) width += widthOf(character);
  return width;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
const colour = /\u001b\[\d+m/g;

/** Columns that a terminal gives to a character: 0 for marks, 2 for East Asian and pictures. */
function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return 1;
  if (isControl(code)) return 1;
  if (/^[\p{Mark}\p{Cf}]$/u.test(character)) return 0;
  const isWide = wideRanges.some(([from, to]) => code >= from && code <= to);
  return isWide || /^\p{Emoji_Presentation}$/u.test(character) ? 2 : 1;
}

/** The blocks of Unicode whose East Asian Width is wide or full. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];
