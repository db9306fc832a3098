// A photo, and over it the classes of its pixels as colours: those that people gave, and those that were found.
import type { Pixels } from "../../images/pixels.ts";
import { clipped, escaped } from "./svg-text.ts";

/** The share of the colour. */
const strength = 0.6;
/** Pixels that belong to no class. */
const none = 255;
const gap = 8;
const [titleHeight, rowHeight, columnWidth] = [22, 20, 170];
/** Texts of a wider picture are larger, so that they can be read where it is made as narrow as this. */
const usualWidth = 600;
/** Classes that the legend names: those with most pixels. */
const mostNamed = 24;

type Colour = readonly [number, number, number];

/** Colours that stand apart: hues a golden angle from each other. */
function colourOf(label: number): Colour {
  const hue = (label * 137.508) % 360;
  const value = 1 - 0.25 * (label % 3);
  const channel = (shift: number): number => {
    const place = (shift + hue / 60) % 6;
    return 255 * value * (1 - 0.8 * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** Levels of the photo, row by row, mixed with the colour of each pixel's class. */
function maskOverPhoto(photo: Uint8Array, labels: Uint8Array): Uint8Array {
  const colours = Array.from({ length: 256 }, (_, label) => colourOf(label));
  return photo.map((value, index) => {
    const label = labels[Math.floor(index / 3)] ?? none;
    if (label === none) return Math.round(value * (1 - strength));
    const colour = colours[label]?.[index % 3] ?? 0;
    return Math.round(value * (1 - strength) + colour * strength);
  });
}

/**
 * A PNG with photo, labels and prediction beside each other, and below them which colour is which class.
 *
 * @param truth Class numbers from 0; 255 is none, and is dark.
 * @param names Of classes by number; a class without one is called by its number.
 */
export async function maskPicture(
  photo: Pixels,
  truth: Uint8Array,
  predicted: Uint8Array,
  names: readonly string[],
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { width, height } = photo;
  const raw = { raw: { width, height, channels: 3 } } as const;
  const panes = [
    photo.data,
    maskOverPhoto(photo.data, truth),
    maskOverPhoto(photo.data, predicted),
  ];
  const drawn = await Promise.all(panes.map((pane) => sharp(pane, raw).png().toBuffer()));
  const whole = Math.max(3 * width + 4 * gap, 3 * columnWidth);
  const scale = Math.max(1, whole / usualWidth);
  const shown = mostOf(truth, predicted);
  const legend = legendOf(truth.includes(none) ? [...shown, none] : shown, names, whole / scale);
  const top = Math.ceil(scale * titleHeight);
  const below = top + height + gap;
  const size = `width="${whole}" height="${below + Math.ceil(scale * legend.height)}"`;
  const frame = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>${titles(width, scale)}<g transform="translate(0,${below}) scale(${scale})">${legend.drawing}</g></svg>`;
  return sharp(Buffer.from(frame))
    .composite(drawn.map((input, index) => ({ input, top, left: gap + index * (width + gap) })))
    .png()
    .toBuffer();
}

function titles(width: number, scale: number): string {
  const textOf = (title: string, index: number): string => {
    const place = `translate(${gap + index * (width + gap)},${15 * scale}) scale(${scale})`;
    return `<text transform="${place}">${title}</text>`;
  };
  return ["photo", "labels", "prediction"].map(textOf).join("");
}

/** The classes with most pixels in either map. */
function mostOf(truth: Uint8Array, predicted: Uint8Array): readonly number[] {
  const counts = new Map<number, number>();
  for (const map of [truth, predicted])
    for (const label of map) if (label !== none) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort(([one, many], [other, more]) => more - many || one - other)
    .slice(0, mostNamed)
    .map(([label]) => label);
}

function legendOf(labels: readonly number[], names: readonly string[], width: number) {
  const columns = Math.max(1, Math.floor((width - gap) / columnWidth));
  const cells = labels.map((label, index) => {
    const [x, y] = [gap + (index % columns) * columnWidth, rowHeight * Math.floor(index / columns)];
    const name = label === none ? "of no class" : (names[label] ?? `class ${label + 1}`);
    const colour = label === none ? [0, 0, 0] : colourOf(label);
    const fill = `rgb(${colour.map(Math.round).join(",")})`;
    return `<rect x="${x}" y="${y}" width="14" height="14" fill="${fill}"/><text x="${x + 20}" y="${y + 12}">${escaped(clipped(name, 20))}</text>`;
  });
  const height = rowHeight * Math.ceil(labels.length / columns) + gap;
  return { drawing: cells.join(""), height };
}
