/** An image as rows of 8-bit red, green and blue. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [row, column, colour]; drawings that can be seen through have a fourth level, of `drawingOf`. */
  readonly data: Uint8Array;
}

/** Levels of each pixel. */
export function channelsOf({ width, height, data }: Pixels): number {
  return data.length === 4 * width * height ? 4 : 3;
}
