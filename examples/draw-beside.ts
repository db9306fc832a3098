import sharp from "sharp";

const side = 448;
const gap = 16;

/** Writes the picture and, beside it, one square per patch, as one PNG. */
export async function drawBeside(
  picture: string,
  colours: Uint8Array,
  rows: number,
  columns: number,
  file: string,
): Promise<void> {
  const left = await sharp(picture).resize(side, side, { fit: "cover" }).png().toBuffer();
  const patches = sharp(Buffer.from(colours), {
    raw: { width: columns, height: rows, channels: 3 },
  });
  const right = await patches.resize(side, side, { kernel: "nearest" }).png().toBuffer();
  const paper = { width: 2 * side + gap, height: side, channels: 3 as const, background: "white" };
  await sharp({ create: paper })
    .composite([
      { input: left, left: 0, top: 0 },
      { input: right, left: side + gap, top: 0 },
    ])
    .png({ compressionLevel: 9 })
    .toFile(file);
}
