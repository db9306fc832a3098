import { isEncodedImage } from "../../runtime/given-input.ts";
import { type ImageFit, imageFits } from "../../runtime/images/fit-image.ts";
import { imagesAs } from "../../runtime/images/read-images.ts";
import type { EncodedImage } from "../../runtime/input-value.ts";
import type { RealTensor } from "../../runtime/tensor.ts";
import {
  anyOf,
  assertOptions,
  listOf,
  oneOf,
  text,
  thing,
  wholeNumber,
} from "./options/option-kinds.ts";

/** What an image becomes. */
export interface ImageOptions {
  /** Columns and rows in pixels. */
  readonly width: number;
  readonly height: number;
  /** How an image of another shape is made to fit, as `image(fit: ..)`. Default `crop`. */
  readonly fit?: ImageFit | undefined;
}

/**
 * Reads images as the models' `from image(..)` does: turned upright, resampled as PIL does it, normalised by ImageNet's
 * mean and deviation. Gives f32 [image, colour, row, column], about -2.1 to 2.6.
 *
 * @throws {RuntimeFault} `file-missing`, `file-unreadable` or `not-an-image`, naming the file.
 */
export async function readImages(
  images: string | EncodedImage | readonly (string | EncodedImage)[],
  options: ImageOptions,
): Promise<RealTensor> {
  assertOptions("readImages", { images, ...options }, table, ["images", "width", "height"]);
  const { width, height, fit = "crop" } = options;
  const sources = typeof images === "string" || isEncodedImage(images) ? [images] : images;
  return imagesAs({ width, height, fit }, sources);
}

const image = anyOf(text, thing("the bytes of one", isEncodedImage));
const side = wholeNumber(1, 1 << 14);
const table = {
  images: anyOf(image, listOf(image, "image files or their bytes")),
  width: side,
  height: side,
  fit: oneOf(imageFits),
};
