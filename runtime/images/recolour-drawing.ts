import type { Draws } from "../numbers/draws.ts";
import { jitterImage } from "./jitter-image.ts";
import type { Pixels } from "./pixels.ts";

/**
 * The colours of what is drawn changed as `jitterImage` does it, and laid on `background` then, which stays as it is. The drawing
 * lies on black and on white, which together tell how much is seen through each pixel. Contrast is about the mean of what
 * is drawn.
 */
export function recolourDrawing(
  black: Pixels,
  white: Pixels,
  background: readonly number[],
  amounts: readonly number[],
  draws: Draws,
): Pixels {
  const { width, height } = black;
  const opacity = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const green = 3 * pixel + 1;
    return 255 - Math.max(0, (white.data[green] ?? 0) - (black.data[green] ?? 0));
  });
  const colours = black.data.map((level, at) => {
    const covered = opacity[Math.floor(at / 3)] ?? 0;
    return covered === 0 ? 0 : Math.min(255, Math.round((255 * level) / covered));
  });
  const changed = jitterImage({ width, height, data: colours }, amounts, draws, opacity);
  const data = changed.data.map((level, at) => {
    const covered = opacity[Math.floor(at / 3)] ?? 0;
    return Math.round((covered * level + (255 - covered) * (background[at % 3] ?? 0)) / 255);
  });
  return { width, height, data };
}
