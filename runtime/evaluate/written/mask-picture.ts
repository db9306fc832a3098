// A photo with the classes of its pixels as colours.

/** The share of the colour. */
const strength = 0.55;

/** Colours that stand apart: hues a golden angle from each other. */
function colourOf(label: number): readonly [number, number, number] {
  const hue = (label * 137.508) % 360;
  const value = 1 - 0.25 * (label % 3);
  const channel = (shift: number): number => {
    const place = (shift + hue / 60) % 6;
    return 255 * value * (1 - 0.8 * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** RGB of the photo, row by row, mixed with the colour of each pixel's class. */
export function maskOverPhoto(photo: Uint8Array, labels: Uint8Array): Uint8Array {
  const colours = Array.from({ length: 256 }, (_, label) => colourOf(label));
  return photo.map((value, index) => {
    const colour = colours[labels[Math.floor(index / 3)] ?? 0]?.[index % 3] ?? 0;
    return Math.round(value * (1 - strength) + colour * strength);
  });
}
