import { expect, test } from "vitest";
import { lossGradient } from "../support/graphs/loss-gradient.ts";

const text = `
import { cross_entropy, soft_cross_entropy } from "std/losses"
import { softmax, logsumexp } from "std/functions"

model Losses {
  axis K = 4
  mode hard(x: f32[K]) -> f32[] { cross_entropy{K}(x, i32(2)) }
  mode smooth(x: f32[K]) -> f32[] { cross_entropy{K}(x, i32(2), smoothing: 0.1) }
  mode soft(x: f32[K]) -> f32[] { soft_cross_entropy{K}(x, f32(index{K} == 2)) }
  mode weight(x: f32[K]) -> f32[] { take{K: 2}(softmax{K}(x)) }
  mode total(x: f32[K]) -> f32[] { logsumexp{K}(x) }
}
`;

const logits = [0.5, -1, 2, 0.25];
const raised = logits.map((one) => Math.exp(one - 2));
const p = raised.map((one) => one / raised.reduce((a, b) => a + b, 0));
const hit = (n: number): number => (n === 2 ? 1 : 0);

const slopes: Readonly<Record<string, (n: number) => number>> = {
  hard: (n) => (p[n] ?? 0) - hit(n),
  smooth: (n) => (p[n] ?? 0) - 0.9 * hit(n) - 0.1 / 4,
  soft: (n) => (p[n] ?? 0) - hit(n),
  weight: (n) => (p[2] ?? 0) * (hit(n) - (p[n] ?? 0)),
  total: (n) => p[n] ?? 0,
};

test.each(Object.entries(slopes))(
  "the gradient of %s does not depend on the offset",
  (mode, slope) => {
    for (const offset of [0, 1e3, 1e6, -1e6]) {
      gradientAt(
        mode,
        logits.map((logit) => logit + offset),
      ).forEach((value, n) => {
        expect(value).toBeCloseTo(slope(n), 8);
      });
    }
  },
);

test.each(["hard", "soft", "weight", "total"])(
  "a class that cannot be leaves %s as it is",
  (mode) => {
    const open = gradientAt(mode, [0.5, -1, 2, -1e9]);
    expect(gradientAt(mode, [0.5, -1, 2, Number.NEGATIVE_INFINITY])).toEqual(open);
    expect(open.every(Number.isFinite)).toBe(true);
  },
);

function gradientAt(mode: string, x: readonly number[]): readonly number[] {
  return lossGradient(text, mode, { x }).gradient;
}
