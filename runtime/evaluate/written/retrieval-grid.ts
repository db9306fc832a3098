// What was found first: captions beside their five pictures, pictures beside their five captions.
import { textLines, wrapped } from "./svg-text.ts";

/** A small JPEG. */
type Thumbnail = Uint8Array;

interface FoundPictures {
  readonly text: string;
  /** The best first. */
  readonly found: readonly { readonly picture: Thumbnail; readonly isRight: boolean }[];
}

interface FoundTexts {
  readonly picture: Thumbnail;
  readonly found: readonly { readonly text: string; readonly isRight: boolean }[];
}

/** The side of a thumbnail as it is drawn. */
export const thumbnailSide = 84;

const gap = 8;
const columnOf = (place: number): number => gap + place * (thumbnailSide + gap);
/** Narrow, so that letters can be read on a telephone too. */
const width = columnOf(5);
const [head, lineHeight] = [26, 15];
/** Letters of a line above thumbnails, and of one beside. */
const letters = { above: 66, list: 50 } as const;

/** An SVG of both ways; what is right is framed in green. */
export function retrievalGrid(
  byText: readonly FoundPictures[],
  byPicture: readonly FoundTexts[],
): string {
  const parts: string[] = [];
  let y = gap;
  const title = (text: string) => {
    parts.push(`<text x="${gap}" y="${y + 14}" font-weight="bold">${text}</text>`);
    y += head;
  };
  title("pictures by captions: the first five, the right one framed in green");
  for (const { text, found } of byText) {
    const lines = wrapped(text, letters.above, 2);
    parts.push(textLines(lines, gap, y + 11));
    y += lineHeight * lines.length + 2;
    for (const [place, { picture, isRight }] of found.entries())
      parts.push(framed(picture, columnOf(place), y, isRight));
    y += thumbnailSide + 2 * gap;
  }
  title("captions by pictures: the first five, right ones green and bold");
  for (const { picture, found } of byPicture) {
    parts.push(framed(picture, gap, y, undefined));
    for (const [place, { text, isRight }] of found.entries()) {
      const [line = ""] = wrapped(`${place + 1}. ${text}`, letters.list, 1);
      const style = isRight ? `fill="${right}" font-weight="bold"` : `fill="black"`;
      const lines = textLines([line], columnOf(1), y + 14 + 16 * place);
      parts.push(`<g ${style}>${lines}</g>`);
    }
    y += thumbnailSide + gap;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${y}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${y}" fill="white"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const right = "#1a7f37";

function framed(picture: Thumbnail, x: number, y: number, isRight: boolean | undefined): string {
  const place = `x="${x}" y="${y}" width="${thumbnailSide}" height="${thumbnailSide}"`;
  const data = `data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}`;
  const [colour, stroke] = isRight === true ? [right, 5] : ["#aaa", 1];
  return `<image ${place} xlink:href="${data}"/><rect ${place} fill="none" stroke="${colour}" stroke-width="${stroke}"/>`;
}
