import type { Draws } from "../numbers/draws.ts";
import { cos, sin } from "../numbers/trigonometric.ts";
import { channelsOf, type Pixels } from "./pixels.ts";
import type { Resampling } from "./resampling.ts";

interface AffineRanges {
  /** Degrees to either side. */
  readonly rotate: number;
  /** Factors, from the least to the most. */
  readonly zoom: readonly number[];
  /** Shares of width and height to either side. */
  readonly shift: readonly number[];
  /** Degrees to either side. */
  readonly shear: number;
}

/** Turned, zoomed, moved and slanted about its middle by drawn amounts; what comes into view has the colour of the background. */
export function affineImage(
  image: Pixels,
  { rotate, zoom, shift, shear }: AffineRanges,
  { background, isNearest }: Pick<Resampling, "background" | "isNearest">,
  draws: Draws,
): Pixels {
  const { width, height } = image;
  const angle = radians(draws.between(-rotate, rotate));
  const factor = draws.between(zoom[0] ?? 1, zoom[1] ?? 1);
  const right = Math.round(draws.between(-(shift[0] ?? 0), shift[0] ?? 0) * width);
  const down = Math.round(draws.between(-(shift[1] ?? 0), shift[1] ?? 0) * height);
  const slant = radians(draws.between(-shear, shear));
  const slope = sin(slant) / cos(slant);
  const [c, s] = [cos(angle), sin(angle)];
  // A turn behind a slant, [c, -s; s, c] [1, slope; 0, 1] times the factor: its inverse says where each pixel comes from.
  const back: Back = {
    xx: (c + slope * s) / factor,
    xy: (s - slope * c) / factor,
    yx: -s / factor,
    yy: c / factor,
    middleX: (width - 1) / 2,
    middleY: (height - 1) / 2,
    right,
    down,
  };
  return isNearest ? nearest(image, back, background) : bilinear(image, back, background);
}

/** Where the pixel at a row and a column comes from. */
interface Back {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
  readonly middleX: number;
  readonly middleY: number;
  readonly right: number;
  readonly down: number;
}

/** Each pixel is the nearest one: of red, green and blue, which stand for classes. */
function nearest(
  { width, height, data: source }: Pixels,
  { xx, xy, yx, yy, middleX, middleY, right, down }: Back,
  fill: readonly number[],
): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    const y = row - middleY - down;
    for (let column = 0; column < width; column++, to += 3) {
      const x = column - middleX - right;
      const left = Math.round(xx * x + xy * y + middleX);
      const top = Math.round(yx * x + yy * y + middleY);
      const isInside = left >= 0 && left < width && top >= 0 && top < height;
      const at = 3 * (top * width + left);
      for (let colour = 0; colour < 3; colour++)
        data[to + colour] = isInside ? (source[at + colour] as number) : (fill[colour] ?? 0);
    }
  }
  return { width, height, data };
}

/** Between the four pixels about a place. Training's data take most of their time here, so that nothing is called within. */
function bilinear(
  image: Pixels,
  { xx, xy, yx, yy, middleX, middleY, right, down }: Back,
  fill: readonly number[],
): Pixels {
  const { width, height, data: source } = image;
  const channels = channelsOf(image);
  const data = new Uint8Array(source.length);
  const line = channels * width;
  for (let row = 0, to = 0; row < height; row++) {
    const y = row - middleY - down;
    for (let column = 0; column < width; column++, to += channels) {
      const x = column - middleX - right;
      const fromX = xx * x + xy * y + middleX;
      const fromY = yx * x + yy * y + middleY;
      if (!(fromX >= 0 && fromX < width - 1 && fromY >= 0 && fromY < height - 1)) {
        sampleAtEdge(image, fromX, fromY, fill, data, to);
        continue;
      }
      const left = fromX | 0;
      const top = fromY | 0;
      const partX = fromX - left;
      const partY = fromY - top;
      const restX = 1 - partX;
      const restY = 1 - partY;
      const at = top * line + channels * left;
      const under = at + line;
      for (let channel = 0; channel < channels; channel++) {
        const first = at + channel;
        const below = under + channel;
        const [beside, belowBeside] = [first + channels, below + channels];
        const upper = (source[first] as number) * restX + (source[beside] as number) * partX;
        const lower = (source[below] as number) * restX + (source[belowBeside] as number) * partX;
        data[to + channel] = (upper * restY + lower * partY + 0.5) | 0;
      }
    }
  }
  return { width, height, data };
}

/** Where some of the four pixels may lie outside: those are of the fill's colour. */
function sampleAtEdge(
  image: Pixels,
  x: number,
  y: number,
  fill: readonly number[],
  target: Uint8Array,
  to: number,
): void {
  const { width, height, data } = image;
  const channels = channelsOf(image);
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < -1 || left >= width || top < -1 || top >= height) {
    for (let channel = 0; channel < channels; channel++)
      target[to + channel] = Math.round(fill[channel] ?? 0);
    return;
  }
  const partX = x - left;
  const partY = y - top;
  const restX = 1 - partX;
  const restY = 1 - partY;
  const upperLine = (top * width + left) * channels;
  const lowerLine = upperLine + width * channels;
  const isLeft = left >= 0;
  const isRight = left + 1 < width;
  const isTop = top >= 0;
  const isBottom = top + 1 < height;
  for (let channel = 0; channel < channels; channel++) {
    const outside = fill[channel] ?? 0;
    const [first, below] = [upperLine + channel, lowerLine + channel];
    const upperLeft = isTop && isLeft ? (data[first] as number) : outside;
    const upperRight = isTop && isRight ? (data[first + channels] as number) : outside;
    const lowerLeft = isBottom && isLeft ? (data[below] as number) : outside;
    const lowerRight = isBottom && isRight ? (data[below + channels] as number) : outside;
    const upper = upperLeft * restX + upperRight * partX;
    const lower = lowerLeft * restX + lowerRight * partX;
    target[to + channel] = Math.round(upper * restY + lower * partY);
  }
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
