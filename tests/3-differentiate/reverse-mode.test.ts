import { expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { SizeTable } from "../../compiler/dims/size-table.ts";
import type { Origin, Value } from "../../compiler/ir/graph/graph.ts";
import { GraphBuilder } from "../../compiler/ir/graph/graph-builder.ts";
import { add, constant, exp, input, mul, sub } from "../../compiler/ops/build/build.ts";
import { rename } from "../../compiler/ops/build/build-movement.ts";
import { maxOver, sum } from "../../compiler/ops/build/build-reduction.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";

const table = new SizeTable();
const build = new GraphBuilder();
const span = { file: { path: "", text: "" }, start: 0, end: 0 };
const origin: Origin = { kind: "source", span, path: "" };
const extent = extentOf(table, new Map());
const [n, m] = ["N", "M"].map((name) => build.axis(name, table.constant(3), undefined));
if (n === undefined || m === undefined) throw new Error("no axes");
const x = input(build, "x", { element: "f32", axes: [n] }, origin);
const one = constant(build, 1, "f32", origin);

function gradientAt(loss: Value, numbers: readonly number[], wanted = x): readonly number[] {
  const gradient = reverseMode({ build, seeds: new Map([[loss, one]]), wanted: [wanted] }).get(
    wanted,
  );
  if (gradient === undefined) throw new Error("no gradient");
  const feeds = new Map([[x, { type: x.type, data: Float64Array.from(numbers) }]]);
  return [...(interpretGraph([gradient], feeds, extent).get(gradient)?.data ?? [])];
}

test("what reaches the loss on several paths adds up", () => {
  // x^2 + x e^x
  const both = add(
    build,
    mul(build, x, x, origin),
    mul(build, x, exp(build, x, origin), origin),
    origin,
  );
  const numbers = [0.5, -1, 2];
  const slopes = gradientAt(sum(build, both, [n], origin), numbers);
  slopes.forEach((slope, place) => {
    const at = numbers[place] ?? 0;
    expect(slope).toBeCloseTo(2 * at + (1 + at) * Math.exp(at), 12);
  });
});

test("a tensor beside its own renaming", () => {
  // The sum over pairs of (x_n - x_m)^2 has slope 4 (3 x_n - sum of x).
  const difference = sub(build, x, rename(build, x, [n], [m], origin), origin);
  const loss = sum(build, mul(build, difference, difference, origin), [n, m], origin);
  expect(gradientAt(loss, [1, 2, 4])).toEqual([-16, -4, 20]);
});

test("of equal largest elements the first gets the gradient", () => {
  expect(gradientAt(maxOver(build, x, [n], origin), [2, 5, 5])).toEqual([0, 1, 0]);
});

test("what the loss does not depend on has no gradient", () => {
  const other = input(build, "other", { element: "f32", axes: [n] }, origin);
  const loss = sum(build, x, [n], origin);
  const gradients = reverseMode({ build, seeds: new Map([[loss, one]]), wanted: [other] });
  expect(gradients.has(other)).toBe(false);
});
