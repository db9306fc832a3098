import { writeAtomically } from "../../files/atomic-write.ts";

/** Twice the size in which it is laid out, so that small letters can be read. */
const density = 144;

/** Draws an SVG of ours, in the usual 72 dots an inch, as a PNG. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const { default: sharp } = await import("sharp");
  const drawn = sharp(Buffer.from(svg), { density, unlimited: true });
  writeAtomically(path, [await drawn.png().toBuffer()]);
}
