import type { Draws } from "../numbers/draws.ts";
import { greyLevel } from "./edit-image.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Brightness, contrast, saturation and hue changed by drawn factors in a drawn order, as torchvision's `ColorJitter` does it
 * with Pillow. `amounts` are how far each factor may be from 1, and the hue from where it is (of one turn, at most 0.5).
 * `opacity` says how much each pixel counts in the mean that contrast is about, up to 255; all count alike without it.
 */
export function jitterImage(
  image: Pixels,
  amounts: readonly number[],
  draws: Draws,
  opacity?: Uint8Array,
): Pixels {
  const order = [0, 1, 2, 3];
  // All is drawn whatever is used: a setting changes nothing but its own.
  for (let last = 3; last > 0; last--) {
    const other = draws.below(last + 1);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  const factors = amounts.slice(0, 3).map((most) => draws.between(Math.max(0, 1 - most), 1 + most));
  const turn = draws.between(-(amounts[3] ?? 0), amounts[3] ?? 0);
  const [brightness = 1, contrast = 1, saturation = 1] = factors;
  const data = image.data.slice();
  for (const step of order) {
    if (step === 0 && (amounts[0] ?? 0) > 0) blendTowards(data, 0, brightness);
    if (step === 1 && (amounts[1] ?? 0) > 0) blendTowards(data, meanGrey(data, opacity), contrast);
    if (step === 2 && (amounts[2] ?? 0) > 0) blendTowardsGrey(data, saturation);
    if (step === 3 && (amounts[3] ?? 0) > 0) turnHue(data, turn);
  }
  return { ...image, data };
}

/** Pillow's blend: towards another level for factors below 1, away from it above; cut off and not rounded. */
function blended(level: number, towards: number, share: number): number {
  const moved = Math.fround(towards + Math.fround(share * (level - towards)));
  return Math.trunc(Math.min(Math.max(moved, 0), 255));
}

function blendTowards(data: Uint8Array, towards: number, factor: number): void {
  const share = Math.fround(factor);
  const levels = Uint8Array.from({ length: 256 }, (_, level) => blended(level, towards, share));
  for (let at = 0; at < data.length; at++) data[at] = levels[data[at] as number] as number;
}

/** Towards the grey of each pixel. */
function blendTowardsGrey(data: Uint8Array, factor: number): void {
  const share = Math.fround(factor);
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    const grey = greyLevel(red, green, blue);
    data[at] = blended(red, grey, share);
    data[at + 1] = blended(green, grey, share);
    data[at + 2] = blended(blue, grey, share);
  }
}

function meanGrey(data: Uint8Array, opacity: Uint8Array | undefined): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 3) {
    const weight = opacity === undefined ? 1 : (opacity[at / 3] ?? 0);
    sum += weight * greyLevel(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    count += weight;
  }
  return count === 0 ? 0 : Math.floor(sum / count + 0.5);
}

/** Turns the colour of each pixel, by a part of the whole circle; grey stays grey. */
function turnHue(data: Uint8Array, turn: number): void {
  for (let at = 0; at < data.length; at += 3) {
    const red = data[at] as number;
    const green = data[at + 1] as number;
    const blue = data[at + 2] as number;
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    const sixth =
      most === red
        ? (green - blue) / range
        : most === green
          ? 2 + (blue - red) / range
          : 4 + (red - green) / range;
    const hue = (((sixth + 6 * turn) % 6) + 6) % 6;
    data[at] = levelAt(hue + 5, most, range);
    data[at + 1] = levelAt(hue + 3, most, range);
    data[at + 2] = levelAt(hue + 1, most, range);
  }
}

/** A colour's level, that many sixths of the circle from where it is fullest. */
function levelAt(sixths: number, most: number, range: number): number {
  const place = sixths % 6;
  return Math.round(most - range * Math.max(0, Math.min(place, 4 - place, 1)));
}
