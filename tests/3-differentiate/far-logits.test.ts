import { expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { constant } from "../../compiler/ops/build/build.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";

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

function gradientAt(mode: string, at: readonly number[]): readonly number[] {
  const sink = new DiagnosticSink();
  const loader = memoryLoader("losses.weft", text);
  const program = checkFiles({ entries: ["losses.weft"], loader, parse: parseOnce, sink });
  const found = elaborateMode(program, { model: "Losses", mode, overrides: [], sink });
  const [x, loss] = [found?.graph.inputs[0]?.value, found?.graph.outputs[0]?.value];
  if (found === undefined || x === undefined || loss === undefined)
    throw new Error(sink.diagnostics.map(({ message }) => message).join("\n"));
  const { build, sizes } = found;
  const one = constant(build, 1, "f32", loss.origin);
  const gradient = reverseMode({ build, seeds: new Map([[loss, one]]), wanted: [x] }).get(x);
  if (gradient === undefined) throw new Error("the loss depends on the logits");
  const feeds = new Map([[x, { type: x.type, data: Float64Array.from(at) }]]);
  const all = interpretGraph([gradient], feeds, extentOf(sizes, new Map()));
  return [...(all.get(gradient)?.data ?? [])].map((value) => value + 0);
}
