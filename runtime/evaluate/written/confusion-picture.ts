// A confusion matrix as a picture: a row per class, a column per class that it was taken for.
import { escaped } from "./svg-text.ts";

const largest = 600;
const margin = 110;

/** SVG of a matrix [class, prediction]; darker is a larger share of the row. Names stand beside up to forty classes. */
export function confusionPicture(matrix: ArrayLike<number>, names: readonly string[]): string {
  const count = names.length;
  const cell = Math.max(1, Math.min(24, Math.floor(largest / Math.max(1, count))));
  const [side, offset] = [cell * count, count <= 40 ? margin : 24];
  const cells: string[] = [];
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let column = 0; column < count; column++) sum += matrix[row * count + column] ?? 0;
    for (let column = 0; column < count; column++) {
      const found = matrix[row * count + column] ?? 0;
      if (found === 0) continue;
      const place = `x="${offset + column * cell}" y="${offset + row * cell}"`;
      const share = (0.15 + 0.85 * (found / sum)).toFixed(3);
      const title = `${escaped(names[row] ?? "")} taken for ${escaped(names[column] ?? "")}: ${found}`;
      cells.push(
        `<rect ${place} width="${cell}" height="${cell}" fill-opacity="${share}"><title>${title}</title></rect>`,
      );
    }
  }
  const size = offset + side + 8;
  // Beside few classes the title and slanted names need room.
  const width = Math.max(size + (count <= 40 ? 60 : 0), 220);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${size}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${size}" fill="white"/>`,
    `<text x="4" y="14" font-weight="bold">rows: class, columns: prediction</text>`,
    ...(count <= 40 ? labels(names, cell, offset) : []),
    `<g fill="#1f4e8c">${cells.join("")}</g>`,
    `<rect x="${offset}" y="${offset}" width="${side}" height="${side}" fill="none" stroke="#888"/>`,
    "</svg>\n",
  ].join("\n");
}

function labels(names: readonly string[], cell: number, offset: number): readonly string[] {
  return names.flatMap((name, index) => {
    const middle = offset + (index + 0.5) * cell + 4;
    const text = escaped([...name].slice(0, 16).join(""));
    return [
      `<text x="${offset - 6}" y="${middle}" text-anchor="end">${text}</text>`,
      `<text transform="translate(${middle},${offset - 6}) rotate(-60)">${text}</text>`,
    ];
  });
}
