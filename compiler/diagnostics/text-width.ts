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
    text += character === "\t" ? " ".repeat(width) : character;
    column += width;
  }
  columns.push(column);
  return { text, columns };
}

/** Columns that a terminal gives to a character: 0 for marks, 2 for East Asian and pictures. */
function widthOf(character: string): number {
  if (/^[\p{Mark}\p{Cf}\p{Cc}]$/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
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
