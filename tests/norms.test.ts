import { expect, test } from "vitest";
import type { Axis, Value } from "../compiler/ir/graph.ts";
import type { KernelProgram } from "../compiler/ir/kernel.ts";
import { expectSameMeaning } from "./support/compare-kernels.ts";
import { Sketch } from "./support/sketch.ts";

/** Norms in front of contractions: which of them the contractions take over. */
function setting() {
  const s = new Sketch();
  const [b, n, d] = [s.axis("B", 2), s.axis("N", 3), s.axis("D", 5)];
  const x = s.input("x", [b, n, d]);
  const linear = (value: Value, name: string, over: readonly Axis[] = [d]): Value => {
    const out = s.axis(name, 4);
    return s.sum(s.mul(value, s.parameter(`${name}.weight`, [out, ...over])), ...over);
  };
  const rms = (value: Value, axes: readonly Axis[] = [d]): Value => {
    const scale = s.rsqrt(s.add(s.mean(s.pow(value, 2), ...axes), 1e-6));
    return s.mul(s.parameter("norm.weight", axes), s.mul(value, scale));
  };
  const kinds = (outputs: Readonly<Record<string, Value>>): readonly string[] =>
    kindsOf(expectSameMeaning(s.graph(outputs), s.extent).program);
  return { s, b, n, d, x, linear, rms, kinds };
}

function kindsOf(program: KernelProgram): readonly string[] {
  return program.kernels.map(({ engine }) =>
    engine.kind === "contract" && engine.statistics !== undefined ? "norm+contract" : engine.kind,
  );
}

test("an RMS norm is part of the contraction that reads it", () => {
  const { x, linear, rms, kinds } = setting();
  expect(kinds({ y: linear(rms(x), "Out") })).toEqual(["norm+contract"]);
});

test("bias, activation and residual come after the factor", () => {
  const { s, d, x, linear, rms, kinds } = setting();
  const y = linear(rms(x), "Out");
  const [out] = y.type.axes.filter((axis) => axis.name === "Out");
  if (out === undefined) throw new Error("no axis Out");
  const biased = s.exp(s.add(y, s.parameter("bias", [out])));
  expect(kinds({ z: s.add(biased, s.max(x, d)) })).toEqual(["row", "norm+contract"]);
});

test("several contractions each measure the rows", () => {
  const { x, linear, rms, kinds } = setting();
  const normed = rms(x);
  expect(kinds({ q: linear(normed, "Q"), k: linear(normed, "K") })).toEqual([
    "norm+contract",
    "norm+contract",
  ]);
});

test("a norm over two axes, and one that is divided by", () => {
  const { s, n, d, x, linear, rms, kinds } = setting();
  expect(kinds({ y: linear(rms(x, [n, d]), "Out", [n, d]) })).toEqual(["norm+contract"]);
  const length = s.sqrt(s.add(s.sum(s.pow(x, 2), d), 1));
  expect(kinds({ y: linear(s.div(x, length), "Other") })).toEqual(["norm+contract"]);
});

test("a norm over more than what is summed stays a kernel", () => {
  const { n, d, x, linear, rms, kinds } = setting();
  expect(kinds({ y: linear(rms(x, [n, d]), "Out") })).toEqual(["row", "contract"]);
});

test("a norm over less than what is summed stays a kernel", () => {
  const { n, d, x, linear, rms, kinds } = setting();
  expect(kinds({ y: linear(rms(x), "Out", [n, d]) })).toEqual(["row", "contract"]);
});

test("a norm that subtracts stays a kernel", () => {
  const { s, d, x, linear, kinds } = setting();
  const centered = s.sub(x, s.mean(x, d));
  const scale = s.rsqrt(s.add(s.mean(s.pow(centered, 2), d), 1e-6));
  expect(kinds({ y: linear(s.mul(centered, scale), "Out") })).toEqual(["row", "contract"]);
});

test("a norm that something else reads stays a kernel", () => {
  const { x, linear, rms, kinds } = setting();
  const normed = rms(x);
  expect(kinds({ y: linear(normed, "Out"), normed })).toEqual(["row", "contract"]);
});
