import { channelsOf, type Pixels } from "./pixels.ts";

/** A part of an image in whole pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a box that lies inside the image. */
export function cropImage(image: Pixels, { left, top, width, height }: Box): Pixels {
  const channels = channelsOf(image);
  const line = width * channels;
  const data = new Uint8Array(height * line);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + line), row * line);
  }
  return { width, height, data };
}

/** Left and right changed. */
export function flipImage(image: Pixels): Pixels {
  const { width, height, data: source } = image;
  const channels = channelsOf(image);
  const data = new Uint8Array(source.length);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const column = pixel % width;
    const from = channels * (pixel - column + width - 1 - column);
    for (let channel = 0; channel < channels; channel++)
      data[channels * pixel + channel] = source[from + channel] ?? 0;
  }
  return { width, height, data };
}

/** Grey levels as an image of three equal colours. */
export function colourImage({ width, height, data: levels }: Pixels): Pixels {
  const data = new Uint8Array(levels.length * 3);
  for (let pixel = 0; pixel < levels.length; pixel++)
    data.fill(levels[pixel] ?? 0, 3 * pixel, 3 * pixel + 3);
  return { width, height, data };
}

/** Brightness by the weights of ITU-R 601 in 16 bits, as Pillow computes it. */
export function greyLevel(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}
