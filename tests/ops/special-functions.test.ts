import { expect, test } from "vitest";
import { streamOf, uniformBits, uniformFromBits } from "../../compiler/ir/random.ts";
import { erfInvReference, erfReference } from "../../compiler/ir/scalar-functions/erf-meaning.ts";
import { errorFunction } from "../../compiler/ir/scalar-functions/error-function.ts";

test("erf has the values of the tables (Abramowitz and Stegun 7.1)", () => {
  expect(erfReference(0)).toBe(0);
  expect(erfReference(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(erfReference(-1)).toBeCloseTo(-0.8427007929497149, 15);
  expect(erfReference(2)).toBeCloseTo(0.9953222650189527, 15);
  expect(1 - erfReference(3.5)).toBeCloseTo(7.430983723414128e-7, 15);
});

test("erf_inv undoes erf, deep in the tails too", () => {
  for (const x of [0, 1e-9, 0.1, 0.7, 1.3, 2.1, 3, 3.9, -2.5]) {
    expect(Math.abs(erfInvReference(erfReference(x)) - x)).toBeLessThan(1e-8 * Math.max(1, x * x));
  }
  expect(erfInvReference(1)).toBe(Number.POSITIVE_INFINITY);
  expect(erfInvReference(1.5)).toBeNaN();
});

test("the f32 formula of erf is within 1e-7 everywhere", () => {
  let worst = 0;
  for (let x = -5; x <= 5; x += 0.000501) {
    const exact = erfReference(Math.fround(x));
    worst = Math.max(worst, Math.abs(errorFunction(Math.fround(x)) - exact));
  }
  expect(worst).toBeLessThan(1e-7);
});

test("threefry2x32 gives the known answers of Random123", () => {
  expect(uniformBits(0, 0, 0, 0)).toBe(0x6b200159);
  expect(uniformBits(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toBe(0x1cb996fc);
  expect(uniformBits(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toBe(0xc4923a9c);
});

test("uniform numbers fill [0, 1) evenly", () => {
  const counts = new Array<number>(10).fill(0);
  const stream = streamOf("encoder.layers.0", 0);
  for (let n = 0; n < 20000; n++) {
    const x = uniformFromBits(uniformBits(stream, 7, n, 0));
    expect(x >= 0 && x < 1).toBe(true);
    const place = Math.floor(10 * x);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  // Chi squared with 9 degrees of freedom: 27.9 at one in a thousand.
  const chi = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chi).toBeLessThan(27.9);
});

test("every path and call site has a stream of its own", () => {
  const paths = Array.from({ length: 50 }, (_, layer) => `encoder.layers.${layer}.mlp`);
  const streams = paths.flatMap((path) => [0, 1, 2].map((site) => streamOf(path, site)));
  expect(new Set(streams).size).toBe(streams.length);
});
