import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapIntervals } from "../../runtime/evaluate/bootstrap.ts";
import { pairwiseSum } from "../../runtime/evaluate/metrics/pairwise-sum.ts";
import {
  overlapOf,
  overlapScores,
  summedOverlap,
} from "../../runtime/evaluate/metrics/region-overlap.ts";
import { roundedExp, roundedLog, roundedPow } from "../../runtime/numbers/rounded.ts";
import { property } from "../support/evaluate/property.ts";
import { slowIou } from "../support/evaluate/slow-metrics.ts";

describe("regions", () => {
  test("IoU over the set; nothing is ignored but label 255, empty unions are null", () => {
    const map = fc.array(fc.tuple(fc.nat(3), fc.constantFrom(0, 1, 2, 255)), {
      minLength: 1,
      maxLength: 12,
    });
    property(fc.array(map, { minLength: 1, maxLength: 3 }), (pixels) => {
      const maps = pixels.map((own) => ({
        predicted: own.map(([guess]) => guess),
        labels: own.map(([, label]) => label),
      }));
      const rule = { classes: 5, ignored: 255, reduceZero: false };
      const parts = maps.map(({ predicted, labels }) => overlapOf(predicted, labels, rule));
      const { iou } = overlapScores(summedOverlap(parts, 5));
      expect(iou).toEqual([0, 1, 2, 3, 4].map((label) => slowIou(maps, label)));
      const twice = overlapScores(
        summedOverlap(
          parts,
          5,
          parts.map(() => 2),
        ),
      );
      expect(twice.iou).toEqual(iou);
    });
  });

  test("label 0 is nothing where it is reduced", () => {
    const rule = { classes: 2, ignored: 255, reduceZero: true };
    const { labelled, intersection } = overlapOf([0, 0, 1, 1], [0, 1, 2, 255], rule);
    expect([...labelled, ...intersection]).toEqual([1, 1, 1, 1]);
  });
});

describe("numbers", () => {
  test("pairwise sums are sums", () => {
    property(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 400 }), (values) =>
      expect(pairwiseSum(values) + 0).toBe(values.reduce((sum, value) => sum + value, 0)),
    );
  });

  test("exponentials, logarithms and powers are within the last bit of the machine's", () => {
    const near = (found: number, wanted: number): void =>
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(2 ** -52 * Math.abs(wanted));
    property(fc.double({ min: -700, max: 700, noNaN: true }), (x) =>
      near(roundedExp(x), Math.exp(x)),
    );
    property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
      near(roundedLog(x), Math.log(x));
      near(roundedPow(x, 1 / 3), x ** (1 / 3));
    });
    // Where the machine's power is wrong in the last bit, this one is not.
    expect(roundedPow(27, 1 / 3)).toBe(3);
    expect([roundedExp(-800), roundedExp(1), roundedLog(1), roundedLog(0)]).toEqual([
      0,
      Math.E,
      0,
      -Infinity,
    ]);
  });

  test("an interval holds the mean, is the same each time, and leaves undefined draws out", () => {
    const values = Float64Array.from({ length: 60 }, (_, index) => index % 2);
    const mean = (draw: ArrayLike<number> = new Uint8Array(60).fill(1)) => {
      const total = values.reduce((sum, value, index) => sum + value * (draw[index] ?? 0), 0);
      return { mean: total / 60, rare: draw[0] === 0 ? null : 1 };
    };
    const units = Array.from(values, (_, index) => String(index));
    const draws = { draws: 400, seed: 1 };
    const found = bootstrapIntervals({ units, numbers: mean }, draws);
    // Plus or minus 1.96 standard errors of a fair coin, thrown 60 times.
    expect(found.mean?.low).toBeCloseTo(0.5 - 1.96 * Math.sqrt(0.25 / 60), 1);
    expect(found.mean?.high).toBeCloseTo(0.5 + 1.96 * Math.sqrt(0.25 / 60), 1);
    expect(found.rare?.undefinedDraws).toBeGreaterThan(400 * 0.25);
    expect(bootstrapIntervals({ units, numbers: mean }, draws)).toEqual(found);
    const strata = units.map((_, index) => index % 2);
    const within = bootstrapIntervals({ units, strata, numbers: mean }, draws);
    expect(within.mean).toEqual({ low: 0.5, high: 0.5, undefinedDraws: 0 });
  });
});
