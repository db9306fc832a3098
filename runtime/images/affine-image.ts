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
  let to = 0;
  for (let row = 0; row < height; row++) {
    const y = row - middleY - down;
    for (let column = 0; column < width; column++, to += 3) {
      const x = column - middleX - right;
      const fromX = back.xx * x + back.xy * y + middleX;
      const fromY = back.yx * x + back.yy * y + middleY;
      if (isNearest) sample(image, Math.round(fromX), Math.round(fromY), background, data, to);
      else sample(image, fromX, fromY, background, data, to);
    }
  }
  return { width, height, data };
}

/** Between the four pixels about a place; those outside are of the fill's colour. Nearly all the time of training's data. */
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
  const restX = 1 - partX;
  const restY = 1 - partY;
  const first = (top * width + left) * 3;
  const below = first + width * 3;
  if (left >= 0 && left + 1 < width && top >= 0 && top + 1 < height) {
    for (let colour = 0; colour < 3; colour++) {
      const at = first + colour;
      const under = below + colour;
      const upper = (data[at] as number) * restX + (data[at + 3] as number) * partX;
      const lower = (data[under] as number) * restX + (data[under + 3] as number) * partX;
      target[to + colour] = Math.round(upper * restY + lower * partY);
    }
    return;
  }
  const isLeft = left >= 0 && left < width;
  const isRight = left >= -1 && left + 1 < width;
  const isTop = top >= 0 && top < height;
  const isBottom = top >= -1 && top + 1 < height;
  for (let colour = 0; colour < 3; colour++) {
    const outside = fill[colour] ?? 0;
    const upperLeft = isTop && isLeft ? (data[first + colour] as number) : outside;
    const upperRight = isTop && isRight ? (data[first + 3 + colour] as number) : outside;
    const lowerLeft = isBottom && isLeft ? (data[below + colour] as number) : outside;
    const lowerRight = isBottom && isRight ? (data[below + 3 + colour] as number) : outside;
    const upper = upperLeft * restX + upperRight * partX;
    const lower = lowerLeft * restX + lowerRight * partX;
    target[to + colour] = Math.round(upper * restY + lower * partY);
  }
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
