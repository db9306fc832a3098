// Where the picture of an item lies: in a file of its own, as a part of one, or in a file with many.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fault } from "../../faults.ts";
import { ReadableFile, readWhole } from "../../files/read-bytes.ts";
import { decodeImage } from "../../images/decode-image.ts";
import { type Box, cropImage } from "../../images/edit-image.ts";
import type { Pixels } from "../../images/pixels.ts";
import { isPortableMap, portablePixels } from "./portable-map.ts";
import { type Raster, rasterBytes, rasterPixels } from "./raster.ts";

export interface StoredImage {
  /** From the folder of the data. */
  readonly path: string;
  /** The part of the picture that counts. */
  readonly box?: Box;
  /** The place of the picture in a file that holds nothing but levels. */
  readonly raster?: Raster;
}

const largestFile = 1 << 28;

/** The pixels of a picture, as they are stored. */
export async function storedPixels(data: string, image: StoredImage): Promise<Pixels> {
  const { path, box, raster } = image;
  if (raster !== undefined) return rasterPixels(rasterOf(data, path, raster), raster);
  const file = join(data, path);
  const bytes = readWhole(file, largestFile);
  const whole = isPortableMap(bytes)
    ? portablePixels(bytes, file)
    : await decodeImage(bytes, { name: file });
  if (box === undefined) return whole;
  const isInside =
    Math.min(box.left, box.top) >= 0 &&
    box.left + box.width <= whole.width &&
    box.top + box.height <= whole.height;
  const reason = `a box ends at ${box.left + box.width}, ${box.top + box.height}, and the picture is ${whole.width} x ${whole.height}`;
  if (!isInside) throw fault("data-wrong", { file, place: "", reason });
  return cropImage(whole, box);
}

/** A hash, in hexadecimal, of all that decides these pixels. */
export function storedDigest(data: string, { path, box, raster }: StoredImage): string {
  const bytes =
    raster === undefined ? readWhole(join(data, path), largestFile) : rasterOf(data, path, raster);
  const form = raster === undefined ? undefined : { ...raster, start: undefined };
  return createHash("sha256")
    .update(`${bytes.length} ${JSON.stringify({ box, form })} `)
    .update(bytes)
    .digest("hex");
}

function rasterOf(data: string, path: string, raster: Raster): Uint8Array {
  const file = new ReadableFile(join(data, path));
  try {
    const bytes = new Uint8Array(rasterBytes(raster));
    file.read(bytes, raster.start);
    return bytes;
  } finally {
    file.close();
  }
}
