import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";

/** Encodes a picture whose pixels are a pattern of its number: [row, column, colour]. */
export async function pictureBytes(
  number: number,
  width: number,
  height: number,
): Promise<Uint8Array> {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => (at * (2 * number + 7)) & 255,
  );
  const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return new Uint8Array(encoded);
}

/** Writes `a/N.png` for each of `count` numbers into a folder, of different sizes. */
export async function writePictures(folder: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, n) => `a/${n}.png`);
  for (const [n, name] of names.entries()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), await pictureBytes(n, 20 + n, 30 + 2 * (n % 5)));
  }
  return names;
}

/** A folder with pictures and a line of JSON for each. */
export async function writeCaptioned(
  folder: string,
  count: number,
  lineOf: (number: number, image: string) => object,
): Promise<void> {
  const names = await writePictures(folder, count);
  const lines = names.map((image, n) => JSON.stringify({ image, ...lineOf(n, image) }));
  writeFileSync(join(folder, "captions.jsonl"), `${lines.join("\n")}\n`);
}

/** A tar in the form of POSIX: files by name. */
export function tarBytes(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const header = new Uint8Array(512);
    const write = (text: string, at: number): void =>
      header.set(new TextEncoder().encode(text), at);
    write(name, 0);
    write("0000644\0", 100);
    write("0000000\0", 108);
    write("0000000\0", 116);
    write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    write("00000000000\0", 136);
    write("        ", 148);
    write("0", 156);
    write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    blocks.push(header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, new Uint8Array(1024)]);
}
