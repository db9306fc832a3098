import { expect, test } from "vitest";
import { fittingPiece } from "../../../compiler/assemble/fitting-piece.ts";

/** What a program of 100 bytes and 10 for each sample needs in pieces of a size; the sizes that were tried go to `tried`. */
function needs(budget: number, tried: number[], each = (size: number) => 10 * size) {
  return (size: number): number => {
    tried.push(size);
    const bytes = 100 + each(size);
    return bytes <= budget ? 0 : bytes;
  };
}

test.each([
  // Of 60 samples: 30 need 400 bytes, 20 need 300, 15 need 250.
  [60, 60, 400, 30],
  [60, 60, 399, 20],
  [60, 30, 260, 15],
  [60, 60, 110, 1],
  [60, 60, 109, undefined],
  // A prime has one smaller divisor.
  [61, 61, 400, 1],
  [61, 1, 105, undefined],
])("a batch of %d by %d within %d bytes takes pieces of %s", (total, piece, budget, right) => {
  const needed = { least: 100 + 10 * piece, fixed: 100 };
  const tried: number[] = [];
  expect(fittingPiece({ total, piece, needed, budget }, needs(budget, tried))).toBe(right);
  // The one that fits, and the next larger one.
  expect(tried.length).toBeLessThanOrEqual(2);
});

test("what does not grow with the samples is learned from what was tried", () => {
  const tried: number[] = [];
  const each = (size: number) => 150 + 10 * size;
  const needed = { least: 100 + each(64), fixed: 100 };
  const found = fittingPiece(
    { total: 64, piece: 64, needed, budget: 420 },
    needs(420, tried, each),
  );
  expect(found).toBe(16);
  expect(tried).toEqual([16, 32]);
  const less = fittingPiece({ total: 64, piece: 64, needed, budget: 280 }, needs(280, tried, each));
  expect(less).toBe(2);
  expect(tried).toEqual([16, 32, 8, 2, 4]);
});

test("a batch that cannot be parted has no pieces", () => {
  const needed = { least: 740, fixed: 100 };
  expect(fittingPiece({ total: 64, piece: 64, needed, budget: 700 }, () => undefined)).toBe(
    undefined,
  );
});
