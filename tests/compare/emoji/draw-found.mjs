// A picture of what names find: a row for each name, with the drawings that are nearest to it.
import sharp from "sharp";

const side = 72;
const gap = 8;
const label = 250;
const shown = 5;
const colours = { right: "#2e7d4f", wrong: "#d5d8dd", text: "#1f2937" };

/**
 * Rows of names and the drawings they find, the right one framed in green, and how far down it is where it is not shown.
 *
 * @param {{ name: string, language: string, order: number[], right: number }[]} rows English names, the language that was asked in,
 * and drawings from the nearest on
 * @param {(n: number) => import("sharp").Sharp} drawing drawing `n` on white
 * @param {string} file a PNG
 */
export async function drawFound(rows, drawing, file) {
  const width = label + shown * (side + gap) + gap;
  const height = rows.length * (side + gap) + gap;
  const tiles = await Promise.all(rows.flatMap((row, line) => tilesOf(row, line, drawing)));
  const canvas = sharp({ create: { width, height, channels: 3, background: "#fff" } });
  const lines = Buffer.from(markupOf(rows, width, height));
  await canvas
    .composite([...tiles, { input: lines, left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toFile(file);
}

function tilesOf({ order }, line, drawing) {
  return order.slice(0, shown).map(async (n, column) => ({
    input: await drawing(n).resize(side, side).png().toBuffer(),
    ...placeOf(line, column),
  }));
}

function placeOf(line, column) {
  return { left: label + gap + column * (side + gap), top: gap + line * (side + gap) };
}

function markupOf(rows, width, height) {
  const parts = rows.flatMap(({ name, language, order, right }, line) => {
    const { top } = placeOf(line, 0);
    const place = order.indexOf(right);
    const found = place < shown ? "" : `, right one in place ${place + 1}`;
    return [
      text(14, top + side / 2 - 4, 15, name),
      text(14, top + side / 2 + 16, 12, `${language}${found}`),
      ...order.slice(0, shown).map((n, column) => frame(placeOf(line, column), n === right)),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join("")}</svg>`;
}

function text(x, y, size, words) {
  const safe = words.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans, sans-serif" font-size="${size}" fill="${colours.text}">${safe}</text>`;
}

function frame({ left, top }, isRight) {
  const [colour, thick] = isRight ? [colours.right, 4] : [colours.wrong, 1];
  return `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="${colour}" stroke-width="${thick}"/>`;
}
