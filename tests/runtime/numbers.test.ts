import { describe, expect, test } from "vitest";
import {
  functionRecord,
  scalarFunction,
  scalarFunctionNames,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { drawBeta, drawsOf } from "../../runtime/numbers/draws.ts";
import { erf, erf_inv } from "../../runtime/numbers/error-function.ts";
import { brainBits, halfBits, halfOfBrainTable, wideBits } from "../../runtime/numbers/half.ts";
import { sameEverywhere } from "../../runtime/numbers/scalar-functions.ts";
import { cos, sin } from "../../runtime/numbers/trigonometric.ts";

describe("shares of two pictures", () => {
  const numbers = [5e-324, 1e-300, 1e-3, 0.5, 1, 2.5, 1e3, 1e15, 1e29, 1e308];
  test.each([...numbers, Number.POSITIVE_INFINITY, Number.NaN])(
    "are drawn for %d, in an end",
    (alpha) => {
      for (let place = 0; place < 200; place++) {
        const share = drawBeta(drawsOf(3, { epoch: 0, place }, "mix"), alpha);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        if (!(alpha < 1e15)) expect(share).toBeCloseTo(0.5, 5);
      }
    },
  );
});

describe("functions without the machine's library", () => {
  const points = Array.from({ length: 4001 }, (_, index) => (index - 2000) / 100);
  const names = scalarFunctionNames.filter((fn) => {
    const { arity, operands, cost } = functionRecord(fn);
    return arity === 1 && operands === "float" && cost === "expensive";
  });
  test.each(names)("%s is that of the library to 12 digits", (fn) => {
    const found = sameEverywhere(fn, "f32");
    const wanted = scalarFunction(fn, "f32");
    for (const x of points) {
      if (Number.isNaN(wanted(x))) expect(found(x), `${fn}(${x})`).toBeNaN();
      else if (!Number.isFinite(wanted(x))) expect(found(x), `${fn}(${x})`).toBe(wanted(x));
      else {
        const allowed = Math.abs(wanted(x)) * 1e-12 + 1e-16;
        expect(Math.abs(found(x) - wanted(x)), `${fn}(${x})`).toBeLessThanOrEqual(allowed);
      }
    }
  });

  test("erf_inv undoes erf", () => {
    for (const x of points.filter((point) => Math.abs(point) < 3)) {
      expect(Math.abs(erf_inv(erf(x)) - x)).toBeLessThan(1e-11);
    }
  });

  test("large angles lose nothing", () => {
    for (const x of [1e6 + 0.5, 12345678.9, 2 ** 53 + 2, 1e22, 1e300, -1e22]) {
      expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-15);
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-15);
    }
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
