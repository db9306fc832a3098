import type { Pixels } from "./pixels.ts";

/** ImageNet's statistics, of colours between 0 and 1. */
const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;

const { fround } = Math;
/** What each level of a colour becomes. */
const normalized = mean.map((centre, colour) => {
  const scale = fround(deviation[colour] ?? 1);
  return Float32Array.from(
    { length: 256 },
    (_, level) => fround(fround(level / 255) - fround(centre)) / scale,
  );
});

/** Writes [colour, row, column] at `offset`, in f32 arithmetic as the reference: (level / 255 - mean) / deviation. */
export function normalizeImage(
  { width, height, data }: Pixels,
  target: Float32Array,
  offset: number,
): void {
  const plane = width * height;
  for (const [colour, levels] of normalized.entries()) {
    const from = offset + colour * plane;
    for (let pixel = 0; pixel < plane; pixel++)
      target[from + pixel] = levels[data[pixel * 3 + colour] ?? 0] ?? 0;
  }
}

/** The picture that was normalised, from `offset` on, to the nearest level. */
export function denormalizeImage(
  levels: ArrayLike<number>,
  offset: number,
  { width, height }: Pick<Pixels, "width" | "height">,
): Pixels {
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  for (let at = 0; at < 3 * plane; at++) {
    const [pixel, colour] = [Math.floor(at / 3), at % 3];
    const level = levels[offset + colour * plane + pixel] ?? 0;
    data[at] = nearestLevel(level * (deviation[colour] ?? 1) + (mean[colour] ?? 0));
  }
  return { width, height, data };
}

/** ImageNet's mean and deviation of all colours together. */
export const greyMean = 0.449;
export const greyDeviation = 0.226;

/** The same of one plane, as grey. */
export function denormalizeGrey(
  levels: ArrayLike<number>,
  offset: number,
  { width, height }: Pick<Pixels, "width" | "height">,
): Pixels {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) =>
    nearestLevel((levels[offset + Math.floor(at / 3)] ?? 0) * greyDeviation + greyMean),
  );
  return { width, height, data };
}

function nearestLevel(share: number): number {
  return Math.min(255, Math.max(0, Math.round(255 * share)));
}
