/**
 * Draws an SVG as a square PNG with transparency: the whole drawing, as large as fits, in the middle.
 *
 * @param side Pixels of each side.
 * @throws {Error} of the image library, where the drawing is none or takes longer than half a minute.
 */
export async function rasterise(svg: Uint8Array, side: number): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const transparent = { r: 0, g: 0, b: 0, alpha: 0 };
  return sharp(svg, { limitInputPixels: largestDrawing })
    .resize(side, side, { fit: "contain", background: transparent })
    .ensureAlpha()
    .png({ compressionLevel: 9 })
    .timeout({ seconds: 30 })
    .toBuffer();
}

/** A drawing may say any size, and is drawn at that before it is made to fit. */
const largestDrawing = 1 << 24;
