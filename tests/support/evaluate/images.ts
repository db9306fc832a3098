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

/** Different pictures of 20 x 16: coloured stripes and noise. */
export async function noisyImages(count: number): Promise<readonly Uint8Array[]> {
  return Promise.all(
    Array.from({ length: count }, (_, which) => {
      const levels = Uint8Array.from({ length: 20 * 16 * 3 }, (_level, index) => {
        const [column, colour] = [Math.floor(index / 3) % 20, index % 3];
        const stripe = 90 * ((Math.floor(column / (2 + (which % 4))) + which + colour) % 3);
        return stripe + ((index * (31 + 2 * which)) % 60);
      });
      const raw = { width: 20, height: 16, channels: 3 } as const;
      return sharp(levels, { raw }).png().toBuffer();
    }),
  );
}

/** A portable pixmap of 6 x 5, as GTSRB has them, with a comment in its header. */
export function portableMap(which: number): Uint8Array {
  const header = Buffer.from("P6\n# of a camera\n6 5\n255\n");
  const levels = Array.from({ length: 90 }, (_, index) => (index * (13 + which)) % 256);
  return Uint8Array.from([...header, ...levels]);
}
