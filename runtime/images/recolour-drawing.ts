import type { Draws } from "../numbers/draws.ts";
import { jitterImage } from "./jitter-image.ts";
import type { Pixels } from "./pixels.ts";

/**
 * The colours of what is drawn (`drawingOf`) changed as `jitterImage` does it, and laid on `background` then, which stays as
 * it is. Contrast is about the mean of what is drawn.
 */
export function recolourDrawing(
  { width, height, data: drawing }: Pixels,
  background: readonly number[],
  amounts: readonly number[],
  draws: Draws,
): Pixels {
  const opacity = new Uint8Array(width * height);
  const colours = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < opacity.length; pixel++) {
    const from = 4 * pixel;
    const through = (drawing[from + 3] as number) - (drawing[from + 1] as number);
    const covered = 255 - Math.max(0, through);
    opacity[pixel] = covered;
    if (covered === 0) continue;
    for (let colour = 0; colour < 3; colour++)
      colours[3 * pixel + colour] = Math.min(
        255,
        Math.round((255 * (drawing[from + colour] as number)) / covered),
      );
  }
  const { data } = jitterImage({ width, height, data: colours }, amounts, draws, opacity);
  for (let pixel = 0; pixel < opacity.length; pixel++) {
    const covered = opacity[pixel] as number;
    for (let colour = 0; colour < 3; colour++) {
      const at = 3 * pixel + colour;
      const behind = (255 - covered) * (background[colour] ?? 0);
      data[at] = Math.round((covered * (data[at] as number) + behind) / 255);
    }
  }
  return { width, height, data };
}
