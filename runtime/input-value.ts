import type { Tensor } from "./tensor.ts";

/** Numbers as JavaScript holds them, row-major. They are taken where each is a number of the input's type. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Numbers with a shape of their own. Leading dimensions of size 1 may be left out. */
export interface ShapedNumbers {
  readonly shape: readonly number[];
  readonly data: NumberArray;
  /** Of rows that are padded, how many numbers each has of its own: one for each position but in the last dimension. */
  readonly lengths?: readonly number[] | undefined;
}

/** The bytes of a PNG, JPEG, WebP, GIF, TIFF or AVIF file, as `fetch` and `readFile` give them. */
export type EncodedImage = ArrayBuffer | Uint8Array;

/**
 * A value for an input: numbers, with a shape or in the input's own; bytes of an image for an input that the mode
 * reads `from image(..)`, several for a batch; and texts as the command line takes them (`FILE.npy`,
 * `FILE.safetensors:tensor`, an image file, text for an input that is read as text, `random:SEED`). A list of texts is
 * a batch of images, or of texts that are taken as they stand, whatever they look like.
 */
export type InputValue =
  | string
  | Tensor
  | ShapedNumbers
  | NumberArray
  | EncodedImage
  | readonly (string | EncodedImage)[];
