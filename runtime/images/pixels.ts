/** An image as rows of 8-bit red, green and blue. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [row, column, colour] */
  readonly data: Uint8Array;
}
