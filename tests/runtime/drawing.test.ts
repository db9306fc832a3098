import { expect, test } from "vitest";
import type { SettingsOf } from "../../compiler/ir/reader-settings.ts";
import { placeImage } from "../../runtime/data/readers/place-image.ts";
import { behindDrawing, drawingOf } from "../../runtime/images/drawing.ts";
import type { Pixels } from "../../runtime/images/pixels.ts";
import { smoothly } from "../../runtime/images/resampling.ts";
import { drawsOf } from "../../runtime/numbers/draws.ts";

const [width, height] = [23, 17];

/** Colours that cover what is behind them in part, laid on a level of grey. */
function on(ground: number): Pixels {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const share = ((Math.floor(at / 3) * 37) % 101) / 100;
    return share * ((at * 59) % 256) + (1 - share) * ground;
  });
  return { width, height, data };
}

// A drawing on black and on white, each placed alone, is the judge of both at once.
test.each<[string, SettingsOf<"image">]>([
  ["squashed", { fit: "squash" }],
  ["cut", { fit: "crop" }],
  ["padded", { fit: "pad" }],
  ["a random part", { crop: "random", scale: [0.2, 0.9] }],
  ["a box", { box: [2, 3, 15, 11] }],
  ["mirrored", { fit: "squash", flip: true }],
  [
    "moved about",
    { fit: "squash", rotate: 30, zoom: [0.5, 1.6], shift: [0.3, 0.3], shear: 12, flip: true },
  ],
])("%s, a drawing is what it is on black and on white", (_, settings) => {
  for (let seed = 1; seed <= 10; seed++) {
    for (const [form, at] of [
      { width: 8, height: 12 },
      { width: 40, height: 17 },
    ].entries()) {
      const placed = (image: Pixels, ground: readonly number[]) =>
        placeImage(
          image,
          at,
          settings,
          smoothly(ground),
          drawsOf(seed, { epoch: form, place: 0 }, "pixels"),
        );
      const [black, white] = [on(0), on(255)];
      expect(placed(drawingOf(black, white), behindDrawing)).toEqual(
        drawingOf(placed(black, [0, 0, 0]), placed(white, [255, 255, 255])),
      );
    }
  }
});
