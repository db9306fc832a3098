import { existsSync, readFileSync } from "node:fs";

/** An SVG image as PNG, with so many dots for each pixel of CSS. */
export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  // Of pixels 72 dots an inch are one for each. Of millimetres they are more already, and then as many times more again.
  const density = 72 * scale;
  return sharp(Buffer.from(inPixels(svg)), { density })
    .png()
    .toBuffer();
}

function inPixels(svg: string): string {
  return svg.replace(
    / width="\d+mm"(?=[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)")/,
    ' width="$1" height="$2"',
  );
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
