import { channelsOf, type Pixels } from "./pixels.ts";

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

/** For each position of the result, the positions of the source that count, and how much. */
interface Windows {
  readonly first: Int32Array;
  /** Where the weights of each position begin; one more, which is where all end. */
  readonly starts: Int32Array;
  readonly weights: Int32Array;
}

function resizeRows(image: Pixels, width: number): Pixels {
  if (width === image.width) return image;
  const { height, data: source } = image;
  const channels = channelsOf(image);
  const data = new Uint8Array(width * height * channels);
  const { first, starts, weights } = windowsOf(image.width, width);
  for (let row = 0, to = 0; row < height; row++) {
    const line = row * image.width;
    for (let column = 0; column < width; column++, to += channels) {
      const from = channels * (line + (first[column] as number));
      const [start, end] = [starts[column] as number, starts[column + 1] as number];
      weighPixel(source, channels, from, channels, weights, start, end, data, to);
    }
  }
  return { width, height, data };
}

function resizeColumns(image: Pixels, height: number): Pixels {
  if (height === image.height) return image;
  const { width, data: source } = image;
  const channels = channelsOf(image);
  const stride = channels * width;
  const data = new Uint8Array(stride * height);
  const { first, starts, weights } = windowsOf(image.height, height);
  for (let row = 0, to = 0; row < height; row++) {
    const line = stride * (first[row] as number);
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    for (let from = line; from < line + stride; from += channels, to += channels)
      weighPixel(source, channels, from, stride, weights, start, end, data, to);
  }
  return { width, height, data };
}

/** Sums stay whole numbers of 32 bits, in which they fit: three times as fast as f64. */
function weighPixel(
  source: Uint8Array,
  channels: number,
  from: number,
  step: number,
  weights: Int32Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
): void {
  let red = half;
  let green = half;
  let blue = half;
  for (let index = start, at = from; index < end; index++, at += step) {
    const weight = weights[index] as number;
    red = (red + Math.imul(source[at] as number, weight)) | 0;
    green = (green + Math.imul(source[at + 1] as number, weight)) | 0;
    blue = (blue + Math.imul(source[at + 2] as number, weight)) | 0;
  }
  target[to] = clip(red);
  target[to + 1] = clip(green);
  target[to + 2] = clip(blue);
  if (channels === 3) return;
  let fourth = half;
  for (let index = start, at = from + 3; index < end; index++, at += step)
    fourth = (fourth + Math.imul(source[at] as number, weights[index] as number)) | 0;
  target[to + 3] = clip(fourth);
}

function clip(sum: number): number {
  const level = sum >> precisionBits;
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** Windows that were asked for last: the pictures of a data set are of few sizes. */
const keptWindows = new Map<string, Windows>();
const mostKept = 64;

function windowsOf(sourceSize: number, targetSize: number): Windows {
  const key = `${sourceSize} ${targetSize}`;
  const kept = keptWindows.get(key);
  if (kept !== undefined) return kept;
  const windows = makeWindows(sourceSize, targetSize);
  if (keptWindows.size >= mostKept) keptWindows.clear();
  keptWindows.set(key, windows);
  return windows;
}

function makeWindows(sourceSize: number, targetSize: number): Windows {
  const scale = sourceSize / targetSize;
  const filterScale = Math.max(scale, 1);
  const support = supportOfBicubic * filterScale;
  const first = new Int32Array(targetSize);
  const starts = new Int32Array(targetSize + 1);
  const weights: number[] = [];
  for (let position = 0; position < targetSize; position++) {
    const centre = (position + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(sourceSize, Math.trunc(centre + support + 0.5));
    const own = Array.from({ length: end - begin }, (_, index) =>
      bicubic((index + begin - centre + 0.5) * (1 / filterScale)),
    );
    const total = own.reduce((sum, weight) => sum + weight, 0);
    first[position] = begin;
    for (const weight of own) weights.push(fixedPoint(total === 0 ? weight : weight / total));
    starts[position + 1] = weights.length;
  }
  return { first, starts, weights: Int32Array.from(weights) };
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
