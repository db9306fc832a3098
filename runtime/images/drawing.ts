import type { Pixels } from "./pixels.ts";

/**
 * What is drawn with how much of it covers what is behind: red, green and blue on black, and green as it is on white. Each is
 * moved about and resampled as any other level, and rounded alike, so that the two greens tell at any place how much is
 * seen through.
 */
export function drawingOf(black: Pixels, white: Pixels): Pixels {
  const { width, height } = black;
  const data = new Uint8Array(4 * width * height);
  for (let from = 0, to = 0; to < data.length; from += 3, to += 4) {
    data[to] = black.data[from] as number;
    data[to + 1] = black.data[from + 1] as number;
    data[to + 2] = black.data[from + 2] as number;
    data[to + 3] = white.data[from + 1] as number;
  }
  return { width, height, data };
}

/** What lies behind a drawing: nothing covers it. */
export const behindDrawing = [0, 0, 0, 255];
