import { denormalizeGrey, denormalizeImage } from "../images/normalize-image.ts";
import type { Pixels } from "../images/pixels.ts";
import { InternalError } from "../internal-error.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The pictures of a batch as a model is given them, back in levels that a person sees.
 *
 * @param tensor f32 [B, 3, Y, X], [B, 1, Y, X] or [B, Y, X], normalised.
 */
export function picturesOf({ shape, data }: Tensor): readonly Pixels[] {
  const [count = 0, ...rest] = shape;
  const [height = 0, width = 0] = rest.slice(-2);
  const colours = rest.length === 2 ? 1 : (rest[0] ?? 0);
  if (colours !== 1 && colours !== 3) throw new InternalError("no pictures");
  const show = colours === 3 ? denormalizeImage : denormalizeGrey;
  return Array.from({ length: count }, (_, at) =>
    show(data, at * colours * height * width, { width, height }),
  );
}

/** A PNG of pictures beside and below each other, in rows that are about as wide as all is high. */
export async function contactSheet(pictures: readonly Pixels[]): Promise<Uint8Array> {
  const [first] = pictures;
  if (first === undefined) throw new InternalError("a sheet without pictures");
  const columns = Math.ceil(Math.sqrt(pictures.length));
  const rows = Math.ceil(pictures.length / columns);
  const [width, height] = [first.width + gap, first.height + gap];
  const sheet = new Uint8Array(3 * (columns * width + gap) * (rows * height + gap)).fill(paper);
  for (const [at, picture] of pictures.entries()) {
    const left = gap + (at % columns) * width;
    const top = gap + Math.floor(at / columns) * height;
    for (let row = 0; row < picture.height; row++) {
      const from = 3 * row * picture.width;
      const to = 3 * ((top + row) * (columns * width + gap) + left);
      sheet.set(picture.data.subarray(from, from + 3 * picture.width), to);
    }
  }
  const { default: sharp } = await import("sharp");
  const raw = { width: columns * width + gap, height: rows * height + gap, channels: 3 } as const;
  return sharp(sheet, { raw }).png().toBuffer();
}

/** Pixels between pictures, and their level. */
const gap = 2;
const paper = 128;
