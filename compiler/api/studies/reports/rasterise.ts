import { existsSync, readFileSync } from "node:fs";

/** An SVG image as PNG, with so many dots for each pixel of CSS. */
export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  // Of an image without a unit, 72 dots an inch are a dot for each pixel; 85 mm are 321 pixels, of which 96 are an inch.
  const density = (/ width="\d+mm"/.test(svg) ? 96 : 72) * scale;
  return sharp(Buffer.from(svg), { density }).png().toBuffer();
}

/** Pixels of an example's longer side: twice what the page shows. */
const mostPixels = 320;

/** A picture as a `data:` address, small enough for a page; undefined where there is none that can be read. */
export async function shrunkPicture(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const { default: sharp } = await import("sharp");
  try {
    const small = await sharp(readFileSync(path))
      .resize(mostPixels, mostPixels, { fit: "inside", withoutEnlargement: true })
      .png({ palette: true })
      .toBuffer();
    return `data:image/png;base64,${small.toString("base64")}`;
  } catch {
    // The page says that it is not there: a run may be writing it.
    return undefined;
  }
}
