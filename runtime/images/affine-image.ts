import type { Draws } from "../numbers/draws.ts";
import { cos, sin } from "../numbers/trigonometric.ts";
import type { Pixels } from "./pixels.ts";
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
  const back = {
    xx: (c + slope * s) / factor,
    xy: (s - slope * c) / factor,
    yx: -s / factor,
    yy: c / factor,
  };
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = column - middleX - right;
      const y = row - middleY - down;
      const fromX = back.xx * x + back.xy * y + middleX;
      const fromY = back.yx * x + back.yy * y + middleY;
      const [placeX, placeY] = isNearest ? [Math.round(fromX), Math.round(fromY)] : [fromX, fromY];
      sample(image, placeX, placeY, background, data, (row * width + column) * 3);
    }
  }
  return { width, height, data };
}

/** Between the four pixels about a place; those outside are of the fill's colour. */
function sample(
  { width, height, data }: Pixels,
  x: number,
  y: number,
  fill: readonly number[],
  target: Uint8Array,
  to: number,
): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const partX = x - left;
  const partY = y - top;
  // Where each of the four begins in the picture; -1 outside.
  const isLeft = left >= 0 && left < width;
  const isRight = left >= -1 && left + 1 < width;
  const isTop = top >= 0 && top < height;
  const isBottom = top >= -1 && top + 1 < height;
  const first = (top * width + left) * 3;
  const upperLeft = isTop && isLeft ? first : -1;
  const upperRight = isTop && isRight ? first + 3 : -1;
  const lowerLeft = isBottom && isLeft ? first + width * 3 : -1;
  const lowerRight = isBottom && isRight ? first + width * 3 + 3 : -1;
  for (let colour = 0; colour < 3; colour++) {
    const outside = fill[colour] ?? 0;
    const level = (from: number) => (from < 0 ? outside : (data[from + colour] ?? 0));
    const upper = level(upperLeft) * (1 - partX) + level(upperRight) * partX;
    const lower = level(lowerLeft) * (1 - partX) + level(lowerRight) * partX;
    target[to + colour] = Math.round(upper * (1 - partY) + lower * partY);
  }
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
