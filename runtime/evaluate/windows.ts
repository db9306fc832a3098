// Segmentation by a sliding window: how an image is sized, where windows stand, how their scores become those of pixels.

/** Rows and columns. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

export interface WindowRule {
  /** The side of a window, which the shorter side of the image gets, and the step between windows, in pixels. */
  readonly window: number;
  readonly stride: number;
  /** Both sides become multiples of it. */
  readonly patch: number;
  /** The longer side is at most so many windows; without it, it has no bound. */
  readonly longest?: number | undefined;
}

/** The size with its ratio kept: the shorter side is the window, unless the longer one would be too long. */
export function keptRatio(
  { height, width }: Size,
  { window, longest = Number.POSITIVE_INFINITY }: WindowRule,
): Size {
  const [short, long] = [Math.min(height, width), Math.max(height, width)];
  const scale = Math.min(window / short, (longest * window) / long);
  return { height: Math.floor(height * scale + 0.5), width: Math.floor(width * scale + 0.5) };
}

/** The next multiples of the patch. */
export function wholePatches({ height, width }: Size, { patch }: WindowRule): Size {
  const up = (side: number): number => Math.ceil(side / patch) * patch;
  return { height: up(height), width: up(width) };
}

/** Where windows begin along a side; the last is moved back to the edge. A shorter side has one. */
export function windowStarts(side: number, { window, stride }: WindowRule): readonly number[] {
  const count = Math.ceil(Math.max(side - window, 0) / stride) + 1;
  return Array.from({ length: count }, (_, index) =>
    Math.max(0, Math.min(index * stride, side - window)),
  );
}

/** Planes [channel, row, column] of one size at another: bilinear, corners not aligned, edges repeated. */
export function bilinearPlanes(
  planes: ArrayLike<number>,
  channels: number,
  from: Size,
  to: Size,
): Float32Array {
  const [rows, columns] = [taps(from.height, to.height), taps(from.width, to.width)];
  const result = new Float32Array(channels * to.height * to.width);
  let place = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * from.height * from.width;
    for (const row of rows)
      for (const column of columns) {
        const at = (y: number, x: number): number => planes[plane + y * from.width + x] ?? 0;
        const above =
          at(row.low, column.low) * (1 - column.share) + at(row.low, column.high) * column.share;
        const below =
          at(row.high, column.low) * (1 - column.share) + at(row.high, column.high) * column.share;
        result[place++] = above * (1 - row.share) + below * row.share;
      }
  }
  return result;
}

/** For each place of the target the two places of the source, and how much the second counts. */
function taps(from: number, to: number) {
  return Array.from({ length: to }, (_, index) => {
    const place = Math.max(0, ((index + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(place), from - 1);
    return { low, high: Math.min(low + 1, from - 1), share: Math.min(place - low, 1) };
  });
}

/** Sums of scores over windows that overlap, which are divided by how many there were at each pixel. */
export class WindowMean {
  readonly #size: Size;
  readonly #channels: number;
  readonly #sums: Float32Array;
  readonly #counts: Uint16Array;

  constructor(size: Size, channels: number) {
    this.#size = size;
    this.#channels = channels;
    this.#sums = new Float32Array(channels * size.height * size.width);
    this.#counts = new Uint16Array(size.height * size.width);
  }

  /** Scores [channel, row, column] of a window whose first pixel is at this row and column. */
  add(scores: ArrayLike<number>, window: Size, top: number, left: number): void {
    const { height, width } = this.#size;
    for (let row = 0; row < window.height; row++)
      for (let column = 0; column < window.width; column++) {
        const pixel = (top + row) * width + left + column;
        this.#counts[pixel] = (this.#counts[pixel] ?? 0) + 1;
        for (let channel = 0; channel < this.#channels; channel++) {
          const place = channel * height * width + pixel;
          const own = scores[(channel * window.height + row) * window.width + column] ?? 0;
          this.#sums[place] = (this.#sums[place] ?? 0) + own;
        }
      }
  }

  /** [channel, row, column]. */
  mean(): Float32Array {
    const pixels = this.#counts.length;
    return this.#sums.map((sum, place) => sum / (this.#counts[place % pixels] ?? 1));
  }
}

/** By pixel the channel of the highest score; of equal ones the lower. */
export function bestChannels(scores: ArrayLike<number>, channels: number): Uint8Array {
  const pixels = scores.length / channels;
  return Uint8Array.from({ length: pixels }, (_, pixel) => {
    let best = 0;
    for (let channel = 1; channel < channels; channel++)
      if ((scores[channel * pixels + pixel] ?? 0) > (scores[best * pixels + pixel] ?? 0))
        best = channel;
    return best;
  });
}
