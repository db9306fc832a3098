// Photos with what was asked about them, what the model said and what people said, as a picture to look at.

interface AnsweredPhoto {
  /** A small JPEG; without one the photo was not there. */
  readonly photo: Uint8Array | undefined;
  /** Empty for captions. */
  readonly question: string;
  readonly answer: string;
  readonly references: readonly string[];
  /** The headline of this answer, as it stands in `predictions.jsonl`. */
  readonly score: string;
}

/** Width and height of a photo's place. */
export const photoPlace = { width: 168, height: 126 };

const [width, gap, lineHeight, letters, mostLines] = [760, 14, 17, 78, 6];

/** SVG: a row for each photo. */
export function answerPicture(title: string, answered: readonly AnsweredPhoto[]): string {
  const rows: string[] = [];
  let top = 34;
  for (const one of answered) {
    const { text, height } = rowOf(one, top);
    rows.push(text);
    top += height + gap;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${top}" fill="white"/>`,
    `<text x="${gap}" y="20" font-weight="bold">${escaped(title)}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function rowOf(
  one: AnsweredPhoto,
  top: number,
): { readonly text: string; readonly height: number } {
  const { question, answer, references, score } = one;
  const said = [...new Set(references)].join(" | ");
  const lines = [
    ...linesOf(question, `fill="#222" font-weight="bold"`),
    ...linesOf(answer === "" ? "(nothing)" : answer, `fill="#1f4e8c"`),
    ...linesOf(said === "" ? "" : `people: ${said}`, `fill="#666"`),
    ...linesOf(score, `fill="#999" font-size="11"`),
  ];
  const left = gap + photoPlace.width + gap;
  const texts = lines.map(
    ({ text, style }, index) =>
      `<text x="${left}" y="${top + 14 + index * lineHeight}" ${style}>${escaped(text)}</text>`,
  );
  const place = `x="${gap}" y="${top}" width="${photoPlace.width}" height="${photoPlace.height}"`;
  const data = one.photo && Buffer.from(one.photo).toString("base64");
  const photo =
    data === undefined
      ? `<rect ${place} fill="#eee"/>`
      : `<image ${place} preserveAspectRatio="xMidYMin meet" href="data:image/jpeg;base64,${data}"/>`;
  return {
    text: [photo, ...texts].join("\n"),
    height: Math.max(photoPlace.height, lines.length * lineHeight),
  };
}

/** A text in lines of some letters, cut where there are too many. A word may be longer than a line, as those of Chinese are. */
function linesOf(
  text: string,
  style: string,
): readonly { readonly text: string; readonly style: string }[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/u).flatMap(piecesOf)) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > letters) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  const shown = lines.slice(0, mostLines);
  if (shown.length < lines.length) shown[mostLines - 1] = `${shown[mostLines - 1]} ...`;
  return shown.map((one) => ({ text: one, style }));
}

/** Signs of Chinese and its neighbours are twice as wide. */
function widthOf(text: string): number {
  return [...text].reduce((sum, sign) => sum + (wide.test(sign) ? 2 : 1), 0);
}
const wide = /[\u2e80-\uffef]|\p{Extended_Pictographic}/u;

function piecesOf(word: string): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const sign of word) {
    if (widthOf(piece) + widthOf(sign) > letters) {
      pieces.push(piece);
      piece = "";
    }
    piece += sign;
  }
  return piece === "" ? pieces : [...pieces, piece];
}

/** Signs that XML may not hold go. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
