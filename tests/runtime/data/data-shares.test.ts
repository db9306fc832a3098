import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataShares } from "../../../runtime/data/order/data-shares.ts";

const weightsOf = fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), {
  minLength: 1,
  maxLength: 5,
});

describe("shares of several data sets", () => {
  test("each counts its own samples without a gap, and has its share of any stretch", () => {
    fc.assert(
      fc.property(weightsOf, fc.nat(), (weights, seed) => {
        const shares = new DataShares(weights, seed);
        const all = weights.reduce((sum, weight) => sum + weight, 0);
        const numbers = weights.map(() => new Set<number>());
        const samples = 3 * 256;
        for (let sample = 0; sample < samples; sample++) {
          const { source, number } = shares.at(sample);
          numbers[source]?.add(number);
        }
        for (const [source, own] of numbers.entries()) {
          const wanted = ((weights[source] ?? 0) / all) * samples;
          expect(Math.abs(own.size - wanted)).toBeLessThanOrEqual(weights.length / 2);
          // Each once: 0 to count - 1.
          expect(Math.max(-1, ...own)).toBe(own.size - 1);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a share of less than a sample of a stretch is dealt now and then", () => {
    const weights = [5, 0.01, 5, 0.004, 0.01];
    const shares = new DataShares(weights, 3);
    const numbers = weights.map(() => [] as number[]);
    const samples = 2000 * 256;
    for (let sample = 0; sample < samples; sample++) {
      const { source, number } = shares.at(sample);
      numbers[source]?.push(number);
    }
    for (const [source, own] of numbers.entries()) {
      const wanted = ((weights[source] ?? 0) / 10.024) * samples;
      expect(Math.abs(own.length - wanted)).toBeLessThanOrEqual(weights.length / 2);
      // One after another, without a gap.
      expect(own.toSorted((one, other) => one - other)).toEqual([...own.keys()]);
    }
  });

  test("what a sample is follows from its number, far into a run too", () => {
    const [one, other] = [new DataShares([2, 1], 7), new DataShares([2, 1], 7)];
    const far = 3_000_000_000;
    const found = Array.from({ length: 256 * 3 }, (_, n) => one.at(far + n));
    expect(other.at(far + 5)).toEqual(found[5]);
    const first = found.filter(({ source }) => source === 0).map(({ number }) => number);
    expect(Math.min(...first)).toBeGreaterThan(0.66 * far);
    expect(new Set(first).size).toBe(first.length);
    expect(first.length).toBeGreaterThan(500);
  });

  test("the order is drawn: by the seed, and anew for each stretch", () => {
    const line = (seed: number, from: number) => {
      const shares = new DataShares([1, 1], seed);
      return Array.from({ length: 256 }, (_, n) => shares.at(from + n).source).join("");
    };
    expect(new Set([line(1, 0), line(2, 0), line(1, 256)]).size).toBe(3);
    // As chance would have it: about half of the neighbours differ.
    const text = line(1, 0);
    const changes = [...text].filter((one, n) => one !== text[n + 1]).length;
    expect(changes).toBeGreaterThan(90);
    expect(changes).toBeLessThan(166);
  });
});
