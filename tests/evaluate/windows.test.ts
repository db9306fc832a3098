import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bestChannels,
  bilinearPlanes,
  keptRatio,
  WindowMean,
  wholePatches,
  windowStarts,
} from "../../runtime/evaluate/windows.ts";
import { property } from "../support/evaluate/property.ts";

const rule = { window: 504, stride: 322, patch: 14 };

test("a photo of 517 x 700 becomes 504 x 682, then 504 x 686, and has two windows", () => {
  const kept = keptRatio({ height: 517, width: 700 }, rule);
  expect(kept).toEqual({ height: 504, width: 682 });
  expect(wholePatches(kept, rule)).toEqual({ height: 504, width: 686 });
  expect([windowStarts(504, rule), windowStarts(686, rule)]).toEqual([[0], [0, 182]]);
  // Where a long photo is bounded by four windows, its shorter side is below one.
  const bounded = { ...rule, longest: 4 };
  expect(keptRatio({ height: 100, width: 1000 }, rule)).toEqual({ height: 504, width: 5040 });
  const long = wholePatches(keptRatio({ height: 100, width: 1000 }, bounded), bounded);
  expect(long).toEqual({ height: 210, width: 2016 });
  expect(windowStarts(long.height, rule)).toEqual([0]);
  expect(windowStarts(long.width, rule)).toEqual([0, 322, 644, 966, 1288, 1512]);
});

test("windows cover every pixel, and the last ends at the edge", () => {
  property(
    fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 })),
    ([side, window]) => {
      const starts = windowStarts(side, {
        window,
        stride: Math.max(1, Math.floor(window / 2)),
        patch: 1,
      });
      const covered = new Set(
        starts.flatMap((start) => Array.from({ length: window }, (_, index) => start + index)),
      );
      for (let pixel = 0; pixel < side; pixel++) expect(covered.has(pixel)).toBe(true);
      expect(starts.at(-1)).toBe(Math.max(0, side - window));
    },
  );
});

test("bilinear planes are sums over all places, weighted by their distance to the place that is read", () => {
  const side = fc.integer({ min: 1, max: 7 });
  property(fc.tuple(side, side, side, side), ([height, width, rows, columns]) => {
    const plane = Array.from({ length: 2 * height * width }, (_, index) =>
      Math.fround(Math.sin(index)),
    );
    const found = bilinearPlanes(plane, 2, { height, width }, { height: rows, width: columns });
    const weight = (from: number, to: number, target: number, source: number): number => {
      const place = Math.min(Math.max((target + 0.5) * (from / to) - 0.5, 0), from - 1);
      return Math.max(0, 1 - Math.abs(place - source));
    };
    let index = 0;
    for (const channel of [0, 1])
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++)
              sum +=
                (plane[(channel * height + y) * width + x] ?? 0) *
                weight(height, rows, row, y) *
                weight(width, columns, column, x);
          expect(found[index++]).toBeCloseTo(sum, 5);
        }
  });
});

test("where windows overlap, their scores are averaged", () => {
  const [size, side] = [
    { height: 3, width: 5 },
    { height: 3, width: 3 },
  ];
  const starts = windowStarts(5, { window: 3, stride: 2, patch: 1 });
  const mean = new WindowMean(size, 2);
  const scoreOf = (window: number, channel: number, row: number, column: number): number =>
    100 * window + 10 * channel + row + column / 10;
  const places = [0, 1, 2];
  for (const [window, left] of starts.entries()) {
    const scores = [0, 1].flatMap((channel) =>
      places.flatMap((row) => places.map((column) => scoreOf(window, channel, row, column))),
    );
    mean.add(scores, side, 0, left);
  }
  const found = mean.mean();
  for (const channel of [0, 1])
    for (const row of places)
      for (let column = 0; column < 5; column++) {
        const own = starts.flatMap((left, window) =>
          column >= left && column < left + 3 ? [scoreOf(window, channel, row, column - left)] : [],
        );
        const wanted = own.reduce((sum, value) => sum + value, 0) / own.length;
        expect(found[(channel * 3 + row) * 5 + column]).toBeCloseTo(wanted, 4);
      }
  expect([...bestChannels([1, 5, 2, 1, 4, 3], 2)]).toEqual([0, 0, 1]);
});
