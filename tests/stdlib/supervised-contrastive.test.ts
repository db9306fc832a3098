import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lossGradient } from "../support/graphs/loss-gradient.ts";

const samples = 6;
const width = 3;
const text = `
import { supervised_contrastive } from "std/losses"

model Losses {
  axis B = ${samples}
  axis E = ${width}
  mode run(x: f32[B, E], scale: f32[], id: i32[B]) -> f32[] { supervised_contrastive{B, E}(x, scale, id) }
}
`;

const lossAt = (x: readonly number[], scale: number, id: readonly number[]) =>
  lossGradient(text, "run", { x, scale: [scale], id });

/** Equation 2 of arXiv 2004.11362, where a sample without another of its id adds 0. */
function expected(x: readonly number[], scale: number, id: readonly number[]): number {
  const rows = id.map((_, n) => x.slice(n * width, (n + 1) * width));
  const lengths = rows.map((row) => Math.hypot(...row));
  const cosine = (a: number, b: number): number =>
    (rows[a] ?? []).reduce((sum, one, n) => sum + one * (rows[b]?.[n] ?? 0), 0) /
    ((lengths[a] ?? 0) * (lengths[b] ?? 0));
  const losses = id.map((own, a) => {
    const others = id.flatMap((_, b) => (b === a ? [] : [b]));
    const total = others.reduce((sum, b) => sum + Math.exp(scale * cosine(a, b)), 0);
    const alike = others.filter((b) => id[b] === own);
    const found = alike.map((b) => Math.log(total) - scale * cosine(a, b));
    return alike.length === 0 ? 0 : found.reduce((sum, one) => sum + one, 0) / alike.length;
  });
  return losses.reduce((sum, one) => sum + one, 0) / samples;
}

const numbers = Array.from({ length: samples * width }, (_, n) => Math.sin(1 + 1.7 * n));

describe("`supervised_contrastive`", () => {
  test.each([
    ["pairs", [1, 1, 2, 2, 3, 3]],
    ["two, three and one alone", [5, 9, 5, 9, 9, 7]],
    ["all of one id", [4, 4, 4, 4, 4, 4]],
  ])("of %s is the formula", (_, id) => {
    for (const scale of [0, 1, 14.3])
      expect(lossAt(numbers, scale, id).loss).toBeCloseTo(expected(numbers, scale, id), 5);
  });

  test("of samples that are all alone is 0, and asks for nothing", () => {
    const { loss, gradient } = lossAt(numbers, 14.3, [1, 2, 3, 4, 5, 6]);
    expect(loss).toBe(0);
    expect(gradient.every((slope) => slope === 0)).toBe(true);
  });

  test("does not look at a sample beside itself, however alike others are not", () => {
    const pair = [1, 0, 0, -1, 0, 0];
    const x = [...pair, ...pair, ...pair];
    // Each is equal to two others and opposite to three, of which one is of its id.
    const { loss } = lossAt(x, 2, [1, 1, 2, 2, 3, 3]);
    expect(loss).toBeCloseTo(2 + Math.log(2 * Math.exp(2) + 3 * Math.exp(-2)), 6);
  });

  test("has a gradient that is its slope", () => {
    const id = [5, 9, 5, 9, 9, 7];
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
          minLength: samples * width,
          maxLength: samples * width,
        }),
        (way) => {
          const along = (step: number): number =>
            lossAt(
              numbers.map((one, n) => one + step * (way[n] ?? 0)),
              5,
              id,
            ).loss;
          const { gradient } = lossAt(numbers, 5, id);
          const slope = (along(1e-5) - along(-1e-5)) / 2e-5;
          const said = gradient.reduce((sum, one, n) => sum + one * (way[n] ?? 0), 0);
          expect(Math.abs(said - slope)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
        },
      ),
      { numRuns: 10 },
    );
  });
});
