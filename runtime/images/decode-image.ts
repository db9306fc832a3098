import { fault } from "../faults.ts";
import { readWhole } from "../files/read-bytes.ts";
import { decodePlainPng } from "./decode-png.ts";
import { imageKind, imageKinds } from "./image-kind.ts";
import type { Pixels } from "./pixels.ts";

/** An image file by its path, or the bytes of one. */
export type ImageSource = string | Uint8Array | ArrayBuffer;

interface DecodeOptions {
  /** What is seen through transparent places: levels of red, green and blue. */
  readonly background?: readonly number[] | undefined;
  /** What messages call it. */
  readonly name?: string;
}

const colourOf = ([r = 0, g = 0, b = 0]: readonly number[]) => ({ r, g, b });

/**
 * Decodes an image file to RGB as the models' reference preprocessing does: turned upright by its EXIF
 * orientation, transparency dropped and not blended unless a background is given, colour profile not applied, inks
 * turned into light by the plain rule.
 */
export async function decodeImage(
  source: ImageSource,
  { background, name }: DecodeOptions = {},
): Promise<Pixels> {
  const bytes = typeof source === "string" ? readWhole(source, largestFile) : bytesOf(source);
  const unnamed = typeof source === "string" ? source : `an image of ${bytes.length} bytes`;
  const path = name ?? unnamed;
  const kind = imageKind(bytes);
  if (kind === undefined)
    throw fault("not-an-image", { path, reason: `it is none of ${imageKinds}` });
  const plain = kind === "PNG" ? await decodePlainPng(bytes, background) : undefined;
  if (plain !== undefined) return plain;
  const { default: sharp } = await import("sharp");
  // Pictures are many, and decoded side by side: threads within one cost more than they bring.
  sharp.concurrency(1);
  try {
    const decoder = sharp(bytes, {
      failOn: "error",
      ignoreIcc: true,
      limitInputPixels: largestImage,
    });
    // Left to itself, the decoder would turn inks into light by a profile of its own.
    const isInk = mayBeInk.has(kind) && (await decoder.metadata()).space === "cmyk";
    if (isInk) decoder.pipelineColourspace("cmyk");
    const upright = decoder.autoOrient();
    const opaque =
      background === undefined
        ? upright.removeAlpha()
        : upright.flatten({ background: colourOf(background) });
    const decoded = opaque.toColourspace(isInk ? "cmyk" : "srgb").raw({ depth: "uchar" });
    const { data, info } = await decoded.toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== (isInk ? 4 : 3)) throw new Error(`it decodes to ${channels} channels`);
    return { width, height, data: isInk ? lightOfInks(data) : new Uint8Array(data) };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    throw fault("not-an-image", { path, reason });
  }
}

function bytesOf(source: Uint8Array | ArrayBuffer): Uint8Array {
  return source instanceof Uint8Array ? source : new Uint8Array(source);
}

/** Kinds of picture that may be made of inks; the others are not asked, which takes as long as to decode a small one. */
const mayBeInk: ReadonlySet<string> = new Set(["JPEG", "TIFF"]);

/** Cyan, magenta, yellow and black as red, green and blue, to the last bit as Pillow has it. */
function lightOfInks(inks: Uint8Array): Uint8Array {
  const light = new Uint8Array((inks.length / 4) * 3);
  for (let pixel = 0; 4 * pixel < inks.length; pixel++) {
    const paper = 255 - (inks[4 * pixel + 3] ?? 0);
    for (let colour = 0; colour < 3; colour++) {
      const product = (inks[4 * pixel + colour] ?? 0) * paper + 128;
      light[3 * pixel + colour] = paper - (((product >> 8) + product) >> 8);
    }
  }
  return light;
}

const largestFile = 1 << 28;
/** A decoded image of this many pixels takes 768 MB. */
const largestImage = 1 << 28;
