import { env } from "node:process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeOfSample, recordAt } from "../../../runtime/data/order/sample-order.ts";

/** Records of the large check: `1000000` for the long form. */
const large = Number(env.WEFT_RECORDS ?? 20_000);

function orderOf(size: number, seed: number, epoch: number): readonly number[] {
  return Array.from({ length: size }, (_, place) => recordAt({ epoch, place }, size, seed));
}

describe("the order of an epoch", () => {
  test("has each record once, whatever their number, the seed and the epoch", () => {
    const numbers = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(1000));
    fc.assert(
      fc.property(numbers, ([size, seed, epoch]) => {
        expect(new Set(orderOf(size, seed, epoch)).size).toBe(size);
      }),
      { numRuns: 60 },
    );
  });

  test(`also of ${large} records`, () => {
    const seen = new Uint8Array(large);
    for (let place = 0; place < large; place++) {
      const record = recordAt({ epoch: 3, place }, large, 5);
      seen[record] = (seen[record] ?? 0) + 1;
    }
    expect(seen.every((count) => count === 1)).toBe(true);
  });

  test("is another one in each epoch and for each seed", () => {
    const orders = [orderOf(50, 1, 0), orderOf(50, 1, 1), orderOf(50, 2, 0)].map(String);
    expect(new Set(orders).size).toBe(3);
    expect(orders).not.toContain(String(Array.from({ length: 50 }, (_, n) => n)));
  });

  test("leaves no place favoured", () => {
    const [size, epochs] = [8, 4000];
    const counts = new Uint32Array(size * size);
    for (let epoch = 0; epoch < epochs; epoch++)
      for (const [place, record] of orderOf(size, 9, epoch).entries()) {
        const at = place * size + record;
        counts[at] = (counts[at] ?? 0) + 1;
      }
    const wanted = epochs / size;
    const chi = counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0);
    // 49 degrees of freedom: beyond 98 once in 30,000.
    expect(chi).toBeLessThan(98);
  });

  test("goes on where an epoch ends", () => {
    expect(placeOfSample(7, 5)).toEqual({ epoch: 1, place: 2 });
    expect(placeOfSample(3_000_000_000, 1_000_000)).toEqual({ epoch: 3000, place: 0 });
  });
});
