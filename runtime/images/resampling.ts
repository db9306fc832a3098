import type { Pixels } from "./pixels.ts";
import { resizeImage } from "./resize-image.ts";

/** How pictures are resampled: what lies between their pixels, and what comes into view beside them. */
export interface Resampling {
  readonly resize: (image: Pixels, width: number, height: number) => Pixels;
  /** Whether a place between pixels is of the nearest one, and of no mean. */
  readonly isNearest: boolean;
  /** Levels of red, green and blue of what a turned picture leaves free; a fourth for drawings. */
  readonly background: readonly number[];
  /** The same of what is added at its sides to give it another shape. */
  readonly padding: readonly number[];
}

/** ImageNet's mean colour, which the normalisation turns into nearly zero; as a part of a drawing nothing is seen through it. */
const meanColour = [123, 116, 103, 116];

/** For photographs and drawings. */
export function smoothly(background: readonly number[] = [0, 0, 0]): Resampling {
  return { resize: resizeImage, isNearest: false, background, padding: meanColour };
}

/** For classes, of which there is none between two: `free` is what stands beside the picture. */
export function byNearest(free: readonly number[]): Resampling {
  return { resize: nearestImage, isNearest: true, background: free, padding: free };
}

/** Each pixel is the one in which its middle lies, as in Pillow. */
function nearestImage(
  { width: oldWidth, height: oldHeight, data: source }: Pixels,
  width: number,
  height: number,
): Pixels {
  const data = new Uint8Array(width * height * 3);
  const columns = Array.from({ length: width }, (_, column) =>
    Math.floor(((column + 0.5) * oldWidth) / width),
  );
  for (let row = 0; row < height; row++) {
    const from = Math.floor(((row + 0.5) * oldHeight) / height) * oldWidth;
    for (const [column, other] of columns.entries()) {
      const to = 3 * (row * width + column);
      for (let colour = 0; colour < 3; colour++)
        data[to + colour] = source[3 * (from + other) + colour] ?? 0;
    }
  }
  return { width, height, data };
}
