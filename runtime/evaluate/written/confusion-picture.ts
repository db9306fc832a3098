// A confusion matrix as a picture: a row per class, a column per class that it was taken for.
import { clipped, escaped, widthOf } from "./svg-text.ts";

/** Sides of a matrix: with names it is narrow, so that these can be read on a telephone too. */
const largest = { named: 440, plain: 600 } as const;
const [mostNamed, mostLetters, letterWidth, head] = [40, 16, 6.4, 36];

/** SVG of a matrix [class, prediction]; darker is a larger share of the row. Names stand beside up to forty classes. */
export function confusionPicture(matrix: ArrayLike<number>, names: readonly string[]): string {
  const count = names.length;
  const isNamed = count <= mostNamed;
  const most = isNamed ? largest.named : largest.plain;
  const cell = Math.max(1, Math.min(24, Math.floor(most / Math.max(1, count))));
  const shown = isNamed ? names.map((name) => clipped(name, mostLetters)) : [];
  const longest = letterWidth * Math.max(0, ...shown.map(widthOf));
  const side = cell * count;
  // Names above the columns are slanted, where they are far enough from each other.
  const angle = cell < 14 ? 90 : 60;
  const [right, up] = angle === 90 ? [0, longest] : [0.5 * longest, 0.87 * longest];
  const [left, top] = isNamed ? [longest + 16, head + up + 12] : [12, head];
  const cells: string[] = [];
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let column = 0; column < count; column++) sum += matrix[row * count + column] ?? 0;
    for (let column = 0; column < count; column++) {
      const found = matrix[row * count + column] ?? 0;
      if (found === 0) continue;
      const place = `x="${left + column * cell}" y="${top + row * cell}"`;
      const share = (0.15 + 0.85 * (found / sum)).toFixed(3);
      const title = `${escaped(names[row] ?? "")} taken for ${escaped(names[column] ?? "")}: ${found}`;
      cells.push(
        `<rect ${place} width="${cell}" height="${cell}" fill-opacity="${share}"><title>${title}</title></rect>`,
      );
    }
  }
  const height = Math.ceil(top + side + 12);
  // The last of the slanted names stands out, and the title needs room beside few classes.
  const width = Math.ceil(Math.max(left + side + 12 + right, 250));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="4" y="14" font-weight="bold">rows: class, columns: prediction</text>`,
    `<text x="4" y="28">the darker, the larger its share of the row</text>`,
    ...labels(shown, cell, { left, top, angle }),
    `<g fill="#1f4e8c">${cells.join("")}</g>`,
    `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="#888"/>`,
    "</svg>\n",
  ].join("\n");
}

function labels(
  names: readonly string[],
  cell: number,
  { left, top, angle }: Readonly<Record<"left" | "top" | "angle", number>>,
): readonly string[] {
  return names.flatMap((name, index) => {
    const middle = (index + 0.5) * cell + 4;
    const text = escaped(name);
    return [
      `<text x="${left - 6}" y="${top + middle}" text-anchor="end">${text}</text>`,
      `<text transform="translate(${left + middle},${top - 6}) rotate(-${angle})">${text}</text>`,
    ];
  });
}
