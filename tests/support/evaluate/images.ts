import sharp from "sharp";

/** Small photos of four kinds: colours, grey, CMYK, and one that is not square. */
export async function smallImages(): Promise<readonly Uint8Array[]> {
  const colours = Buffer.from(
    Array.from({ length: 20 * 16 * 3 }, (_, index) => (index * 37 + (index % 7) * 19) % 256),
  );
  const photo = (width: number) =>
    sharp(colours.subarray(0, width * 16 * 3), { raw: { width, height: 16, channels: 3 } });
  return Promise.all([
    photo(20).jpeg().toBuffer(),
    photo(16).grayscale().jpeg().toBuffer(),
    photo(16).toColourspace("cmyk").jpeg().toBuffer(),
    photo(12).png().toBuffer(),
  ]);
}
