import { expect, test } from "vitest";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { equal } from "../../compiler/ops/build/build.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { graphics, software } from "../support/profiles.ts";

/** The kernels after every pass, which mean what the graph means. */
function kernelsOf(
  s: Sketch,
  outputs: Readonly<Record<string, Value>>,
  device = graphics,
): KernelProgram["kernels"] {
  const graph = s.graph(outputs);
  const feeds = randomFeeds(graph, s.extent, 1);
  return compareKernels(graph, optimize(graph, s), s.extent, feeds, { device }).kernels;
}

const engines = (kernels: KernelProgram["kernels"]): readonly string[] =>
  kernels.map(({ engine }) => engine.kind);

test.each([graphics, software])(
  "column sums are gathered by the product beside them: $name",
  (device) => {
    const s = new Sketch();
    const [b, n] = [s.axis("B", 3), s.axis("N", 5)];
    const [inner, outer] = [s.axis("In", 40), s.axis("Out", 48)];
    const [x, dy] = [s.input("x", [b, n, inner]), s.input("dy", [b, n, outer])];
    const [dNorm, normed] = [s.input("dNorm", [b, n, outer]), s.input("normed", [b, n, outer])];
    const outputs = {
      weight: s.reorder(s.sum(s.mul(dy, x), b, n), outer, inner),
      bias: s.sum(dy, b, n),
      normWeight: s.sum(s.mul(dNorm, normed), b, n),
      normBias: s.sum(dNorm, b, n),
    };
    const [kernel, ...others] = kernelsOf(s, outputs, device);
    expect(others).toEqual([]);
    expect(kernel?.engine.kind).toBe("contract");
    expect(kernel?.stores.filter(({ perRow }) => perRow === true)).toHaveLength(3);
  },
);

test("a narrow product is not turned round for a sum", () => {
  const s = new Sketch();
  const [b, inner, outer] = [s.axis("B", 5), s.axis("In", 3), s.axis("Out", 48)];
  const [x, dy] = [s.input("x", [b, inner]), s.input("dy", [b, outer])];
  const weight = s.reorder(s.sum(s.mul(x, dy), b), outer, inner);
  expect(engines(kernelsOf(s, { weight, bias: s.sum(dy, b) }))).toContain("row");
});

test("a product stores what maps make of its elements, which several read", () => {
  const s = new Sketch();
  const [b, inner, outer] = [s.axis("B", 5), s.axis("In", 40), s.axis("Out", 48)];
  const weight = s.parameter("weight", [outer, inner]);
  const y = s.sum(s.mul(s.input("x", [b, inner]), weight), inner);
  const bent = s.mul(y, s.exp(y));
  const [second, third] = ["second", "third"].map((name) => {
    const to = s.axis(name, 36);
    return s.sum(s.mul(bent, s.parameter(name, [to, outer])), outer);
  });
  const found = kernelsOf(s, { y, second: second as Value, third: third as Value });
  expect(engines(found)).not.toContain("map");
});

test("the parts of a join are stored where they are put together", () => {
  const s = new Sketch();
  const [b, three, inner, outer] = [
    s.axis("B", 5),
    s.axis("Three", 3),
    s.axis("In", 40),
    s.axis("Out", 48),
  ];
  const x = s.input("x", [b, inner]);
  const parts = [0, 1, 2].map((place) => {
    const part = s.exp(s.sum(s.mul(x, s.parameter(`weight ${place}`, [outer, inner])), inner));
    const isAt = equal(s.build, s.index(three), s.number(place, "i32"), s.origin);
    return s.where(isAt, part, s.number(0));
  });
  const [first, second, third] = parts as [Value, Value, Value];
  const joined = s.add(s.add(first, second), third);
  const to = s.axis("To", 36);
  const read = s.sum(s.mul(joined, s.parameter("next", [to, three, outer])), three, outer);
  const found = kernelsOf(s, { read, sums: s.sum(s.mul(joined, joined), b) });
  expect(engines(found)).not.toContain("map");
});
