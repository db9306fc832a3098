import { describe, expect, test } from "vitest";
import { elementary } from "../../runtime/numbers/elementary.ts";
import { brainBits, halfBits, halfOfBrainTable, wideBits } from "../../runtime/numbers/half.ts";

describe("elementary functions without the machine's library", () => {
  const points = Array.from({ length: 4001 }, (_, index) => (index - 2000) / 100);
  test.each([
    ["exp", points],
    ["log", points.map(Math.abs)],
    ["sin", points],
    ["cos", points],
    ["tanh", points],
  ] as const)("%s", (name, xs) => {
    for (const x of xs) {
      const wanted = Math[name](x);
      const found = elementary[name](x);
      if (!Number.isFinite(wanted)) expect(found).toBe(wanted);
      else expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 1e-12 + 1e-16);
    }
  });

  test("erf_inv undoes erf", () => {
    for (const x of points.filter((point) => Math.abs(point) < 3)) {
      expect(Math.abs(elementary.erf_inv(elementary.erf(x)) - x)).toBeLessThan(1e-11);
    }
    expect(elementary.erf_inv(1)).toBe(Number.POSITIVE_INFINITY);
    expect(elementary.erf_inv(1.5)).toBeNaN();
  });
});

describe("narrow floats", () => {
  const bits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  test("every half comes back from f32", () => {
    for (let half = 0; half < 0x10000; half++) {
      const isNan = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
      if (!isNan) expect(halfBits(wideBits(half))).toBe(half);
    }
  });

  test("every bf16 becomes the f16 that its f32 would become", () => {
    const table = halfOfBrainTable();
    for (let brain = 0; brain < 0x10000; brain++)
      if (table[brain] !== halfBits((brain << 16) >>> 0)) expect.fail(`bf16 ${brain}`);
    expect([0x3f80, 0xbf80, 0x7f80, 0].map((brain) => table[brain])).toEqual([
      0x3c00, 0xbc00, 0x7c00, 0,
    ]);
  });

  test("halfway cases go to even, overflow to infinity, NaN stays NaN", () => {
    expect(
      [2049, 2051, 65519, 65520, 2 ** -25, 2 ** -25 * 1.01, -(2 ** -24)].map((value) =>
        halfBits(bits(value)),
      ),
    ).toEqual([0x6800, 0x6802, 0x7bff, 0x7c00, 0, 1, 0x8001]);
    expect(halfBits(bits(Number.NaN)) & 0x3ff).not.toBe(0);
    expect(brainBits(0x3f808000)).toBe(0x3f80);
    expect(brainBits(0x3f818000)).toBe(0x3f82);
    expect(brainBits(0x7f800001) & 0x7f).not.toBe(0);
  });
});
