// Photos with what was asked about them, what the model said and what people said, as a picture to look at.
import { escaped, wrapped } from "./svg-text.ts";

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
export const photoPlace = { width: 128, height: 96 };

/** Narrow, so that letters can be read on a telephone too. */
const [width, gap, lineHeight, letters, mostLines] = [480, 12, 17, 40, 8];

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
    ...linesOf(score, `fill="#767676" font-size="11"`),
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

function linesOf(
  text: string,
  style: string,
): readonly { readonly text: string; readonly style: string }[] {
  const lines = text.trim() === "" ? [] : wrapped(text.trim(), letters, mostLines);
  return lines.map((line) => ({ text: line, style }));
}
