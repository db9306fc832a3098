import type { Pixels } from "./pixels.ts";

/**
 * Pillow's bicubic resampling to the last bit (a = -0.5, with antialiasing): along rows first, then along
 * columns, rounded to 8 bits in between, with its fixed-point weights.
 */
export function resizeImage(image: Pixels, width: number, height: number): Pixels {
  return resizeColumns(resizeRows(image, width), height);
}

/** Pillow keeps 32 bits: 8 for the result, 2 for sums that overshoot, the rest behind the point. */
const precisionBits = 32 - 8 - 2;
const half = 1 << (precisionBits - 1);
const supportOfBicubic = 2;

interface Window {
  readonly first: number;
  readonly weights: Int32Array;
}

function resizeRows(image: Pixels, width: number): Pixels {
  if (width === image.width) return image;
  const windows = windowsOf(image.width, width);
  const { height, data: source } = image;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = row * image.width * 3;
    for (let column = 0; column < width; column++) {
      const { first, weights } = windows[column] as Window;
      weighColours(source, from + first * 3, 3, weights, data, (row * width + column) * 3);
    }
  }
  return { width, height, data };
}

function resizeColumns(image: Pixels, height: number): Pixels {
  if (height === image.height) return image;
  const windows = windowsOf(image.height, height);
  const { width, data: source } = image;
  const data = new Uint8Array(width * height * 3);
  windows.forEach(({ first, weights }, row) => {
    for (let column = 0; column < width; column++) {
      weighColours(
        source,
        (first * width + column) * 3,
        width * 3,
        weights,
        data,
        (row * width + column) * 3,
      );
    }
  });
  return { width, height, data };
}

function weighColours(
  source: Uint8Array,
  from: number,
  step: number,
  weights: Int32Array,
  target: Uint8Array,
  to: number,
): void {
  let red = half;
  let green = half;
  let blue = half;
  for (let index = 0, at = from; index < weights.length; index++, at += step) {
    const weight = weights[index] as number;
    red += (source[at] as number) * weight;
    green += (source[at + 1] as number) * weight;
    blue += (source[at + 2] as number) * weight;
  }
  target[to] = clip(red);
  target[to + 1] = clip(green);
  target[to + 2] = clip(blue);
}

function clip(sum: number): number {
  const level = sum >> precisionBits;
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** Windows that were asked for last: the pictures of a data set are of few sizes. */
const keptWindows = new Map<string, readonly Window[]>();
const mostKept = 64;

/** For each position of the result, the positions of the source that count, and how much. */
function windowsOf(sourceSize: number, targetSize: number): readonly Window[] {
  const key = `${sourceSize} ${targetSize}`;
  const kept = keptWindows.get(key);
  if (kept !== undefined) return kept;
  const windows = makeWindows(sourceSize, targetSize);
  if (keptWindows.size >= mostKept) keptWindows.clear();
  keptWindows.set(key, windows);
  return windows;
}

function makeWindows(sourceSize: number, targetSize: number): readonly Window[] {
  const scale = sourceSize / targetSize;
  const filterScale = Math.max(scale, 1);
  const support = supportOfBicubic * filterScale;
  return Array.from({ length: targetSize }, (_, position) => {
    const centre = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(sourceSize, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: end - first }, (_, index) =>
      bicubic((index + first - centre + 0.5) * (1 / filterScale)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      first,
      weights: Int32Array.from(weights, (weight) =>
        fixedPoint(total === 0 ? weight : weight / total),
      ),
    };
  });
}

function fixedPoint(weight: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << precisionBits));
}

function bicubic(x: number): number {
  const a = -0.5;
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}
