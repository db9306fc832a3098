import type { Pixels } from "./pixels.ts";

/** ImageNet's statistics, of colours between 0 and 1. */
const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;

/** Writes [colour, row, column] at `offset`, in f32 arithmetic as the reference: (level / 255 - mean) / deviation. */
export function normalizeImage(
  { width, height, data }: Pixels,
  target: Float32Array,
  offset: number,
): void {
  const plane = width * height;
  const { fround } = Math;
  for (let colour = 0; colour < 3; colour++) {
    const centre = fround(mean[colour] ?? 0);
    const scale = fround(deviation[colour] ?? 1);
    const levels = Float32Array.from(
      { length: 256 },
      (_, level) => fround(fround(level / 255) - centre) / scale,
    );
    for (let pixel = 0; pixel < plane; pixel++) {
      target[offset + colour * plane + pixel] = levels[data[pixel * 3 + colour] ?? 0] ?? 0;
    }
  }
}
