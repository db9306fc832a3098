// Pictures of one size behind each other, as CIFAR, MNIST and STL have them.
import type { Pixels } from "../../images/pixels.ts";

export interface Raster {
  /** The first byte in the file. */
  readonly start: number;
  readonly width: number;
  readonly height: number;
  /** One level for each pixel; a plane for each colour, row by row, or column by column. */
  readonly order: "grey" | "rows" | "columns";
}

export function rasterBytes({ width, height, order }: Raster): number {
  return width * height * (order === "grey" ? 1 : 3);
}

export function rasterPixels(bytes: Uint8Array, { width, height, order }: Raster): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const pixel = order === "columns" ? column * height + row : row * width + column;
      for (let colour = 0; colour < 3; colour++) {
        const plane = order === "grey" ? 0 : colour * width * height;
        data[3 * (row * width + column) + colour] = bytes[plane + pixel] ?? 0;
      }
    }
  return { width, height, data };
}
