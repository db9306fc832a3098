import { readFile } from "node:fs/promises";
import { fault } from "../faults.ts";
import { fileFault } from "../files/read-bytes.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Decodes an image file to RGB as the models' reference preprocessing does: turned upright by its EXIF
 * orientation, transparency dropped and not blended, colour profile not applied.
 */
export async function decodeImage(path: string): Promise<Pixels> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileFault(path, error);
  });
  const { default: sharp } = await import("sharp");
  try {
    const decoder = sharp(bytes, {
      failOn: "error",
      ignoreIcc: true,
      limitInputPixels: largestImage,
    });
    const decoded = decoder
      .autoOrient()
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" });
    const { data, info } = await decoded.toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`it decodes to ${info.channels} channels`);
    return { width: info.width, height: info.height, data: new Uint8Array(data) };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    throw fault("not-an-image", { path, reason });
  }
}

/** A decoded image of this many pixels takes 768 MB. */
const largestImage = 1 << 28;
