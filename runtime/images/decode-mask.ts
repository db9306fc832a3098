import { fault } from "../faults.ts";
import { decodeImage } from "./decode-image.ts";
import { imageKind } from "./image-kind.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Decodes a PNG whose pixels are classes: its grey levels, or the places of its colours in its palette. Each is in all
 * three colours of what it gives.
 *
 * @param name What messages call it.
 * @throws {RuntimeFault} `not-an-image` for any other image: what is compressed with losses, or coloured, has no classes.
 */
export async function decodeMask(bytes: Uint8Array, name: string): Promise<Pixels> {
  const wrong = (reason: string) => fault("not-an-image", { path: name, reason });
  const pixels = await decodeImage(bytes, { name });
  if (imageKind(bytes) !== "PNG") throw wrong("a mask is a PNG");
  const { depth, colours } = headerOf(bytes);
  if (colours === indexed) return placesIn(paletteOf(bytes), pixels, wrong);
  if (colours !== grey)
    throw wrong("a mask has grey levels or a palette, and this one has colours");
  if (depth > 8) throw wrong(`a mask has levels of 8 bits, and this one of ${depth}`);
  // The decoder spreads levels of few bits from black to white.
  const spread = 255 / (2 ** depth - 1);
  return { ...pixels, data: pixels.data.map((level) => level / spread) };
}

/** As the first chunk of a PNG says it. */
function headerOf(bytes: Uint8Array): { readonly depth: number; readonly colours: number } {
  return { depth: bytes[24] ?? 0, colours: bytes[25] ?? 0 };
}

const [grey, indexed] = [0, 3];

/** The place of each colour of the palette; of one that is there twice undefined. */
function paletteOf(bytes: Uint8Array): ReadonlyMap<number, number | undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<number, number | undefined>();
  for (let at = firstChunk; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const isPalette = view.getUint32(at + 4) === paletteChunk;
    for (let place = 0; isPalette && place < Math.min(length / 3, mostColours); place++) {
      const colour = colourAt(bytes, at + 8 + 3 * place);
      places.set(colour, places.has(colour) ? undefined : place);
    }
    at += 12 + length;
  }
  return places;
}

const firstChunk = 8;
/** Of a palette, whatever the length of the chunk says. */
const mostColours = 256;
/** `PLTE`. */
const paletteChunk = 0x504c5445;

function placesIn(
  palette: ReadonlyMap<number, number | undefined>,
  { data: colours, ...size }: Pixels,
  wrong: (reason: string) => Error,
): Pixels {
  const data = new Uint8Array(colours.length);
  for (let at = 0; at < colours.length; at += 3) {
    const place = palette.get(colourAt(colours, at));
    if (place === undefined)
      throw wrong("its palette has a colour twice, whose class cannot be told");
    data.fill(place, at, at + 3);
  }
  return { ...size, data };
}

function colourAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}
