import { describe, expect, test } from "vitest";
import { drawingOf } from "../../runtime/images/drawing.ts";
import { jitterImage } from "../../runtime/images/jitter-image.ts";
import type { Pixels } from "../../runtime/images/pixels.ts";
import { recolourDrawing } from "../../runtime/images/recolour-drawing.ts";
import { drawsOf } from "../../runtime/numbers/draws.ts";

const background = [124, 116, 104];
const draws = (seed: number) => drawsOf(seed, { epoch: 0, place: 0 }, "pixels");

/** Pixels of colours that cover so much of what is behind them, up to 255. */
function onGround(
  colours: readonly (readonly number[])[],
  opacity: readonly number[],
  ground: readonly number[],
): Pixels {
  const levels = colours.flatMap((colour, pixel) => {
    const covered = opacity[pixel] ?? 0;
    return colour.map((level, n) =>
      Math.round((covered * level + (255 - covered) * (ground[n] ?? 0)) / 255),
    );
  });
  return { width: colours.length, height: 1, data: Uint8Array.from(levels) };
}

function recoloured(
  colours: readonly (readonly number[])[],
  opacity: readonly number[],
  amounts: readonly number[],
  seed = 1,
): readonly number[] {
  const black = onGround(colours, opacity, [0, 0, 0]);
  const white = onGround(colours, opacity, [255, 255, 255]);
  return [...recolourDrawing(drawingOf(black, white), background, amounts, draws(seed)).data];
}

const colours = [
  [200, 30, 10],
  [20, 90, 250],
  [128, 128, 128],
  [255, 255, 0],
];

describe("a drawing in other colours", () => {
  test("keeps what is behind it, whatever is drawn", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const found = recoloured(colours, [255, 0, 255, 0], [0.9, 0.9, 0.9, 0.5], seed);
      expect([...found.slice(3, 6), ...found.slice(9)]).toEqual([...background, ...background]);
    }
  });

  test("is itself on its background where nothing is changed", () => {
    const opacity = [255, 180, 60, 1];
    const found = recoloured(colours, opacity, [0, 0, 0]);
    const plain = onGround(colours, opacity, background).data;
    for (const [at, level] of found.entries())
      expect(Math.abs(level - (plain[at] ?? 0))).toBeLessThanOrEqual(1);
  });

  test("is changed as a picture is, where it covers all", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const amounts = [0.5, 0.5, 0.5, 0.1];
      const picture = onGround(colours, [255, 255, 255, 255], background);
      expect(recoloured(colours, [255, 255, 255, 255], amounts, seed)).toEqual([
        ...jitterImage(picture, amounts, draws(seed)).data,
      ]);
    }
  });

  test("has its contrast about its own mean, and not that of what is behind", () => {
    const alone = recoloured(colours.slice(0, 2), [255, 255], [0, 0.8, 0]);
    const beside = recoloured(colours, [255, 255, 0, 0], [0, 0.8, 0]);
    expect(beside.slice(0, 6)).toEqual(alone);
  });

  test("may be nothing", () => {
    expect(recoloured(colours, [0, 0, 0, 0], [0.5, 0.5, 0.5])).toEqual(
      Array.from({ length: 4 }, () => background).flat(),
    );
  });
});
