import { expect, test } from "vitest";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { expectSameMeaning } from "../support/kernels/compare-kernels.ts";

/** Norms in front of contractions and contractions beside each other: which of them are one kernel. */
function setting() {
  const s = new Sketch();
  const [b, n, d] = [s.axis("B", 2), s.axis("N", 3), s.axis("D", 5)];
  const x = s.input("x", [b, n, d]);
  const linear = (value: Value, name: string, over: readonly Axis[] = [d], width = 4): Value => {
    const out = s.axis(name, width);
    return s.sum(s.mul(value, s.parameter(`${name}.weight`, [out, ...over])), ...over);
  };
  const rms = (value: Value, axes: readonly Axis[] = [d]): Value => {
    const scale = s.rsqrt(s.add(s.mean(s.pow(value, 2), ...axes), 1e-6));
    return s.mul(s.parameter("norm.weight", axes), s.mul(value, scale));
  };
  const kinds = (outputs: Readonly<Record<string, Value>>): readonly string[] =>
    kindsOf(expectSameMeaning(s.graph(outputs), s.extent));
  return { s, b, n, d, x, linear, rms, kinds };
}

function kindsOf(program: KernelProgram): readonly string[] {
  return program.kernels.map(({ engine }) => {
    if (engine.kind !== "contract") return engine.kind;
    const { statistics, others = [] } = engine;
    const count = others.length === 0 ? "" : ` of ${1 + others.length}`;
    return `${statistics === undefined ? "" : "norm+"}contract${count}`;
  });
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
  const [q, k] = [linear(normed, "Q"), linear(normed, "K", undefined, 6)];
  expect(kinds({ q, k })).toEqual(["norm+contract", "norm+contract"]);
});

test("contractions of one operand with as many columns are one kernel", () => {
  const { x, linear, rms, kinds } = setting();
  expect(kinds({ k: linear(x, "K"), v: linear(x, "V") })).toEqual(["contract of 2"]);
  const normed = rms(x);
  expect(kinds({ k: linear(normed, "NormedK"), v: linear(normed, "NormedV") })).toEqual([
    "norm+contract of 2",
  ]);
  const three = ["A", "B", "C"].map((name) => [name, linear(x, name)] as const);
  expect(kinds(Object.fromEntries(three))).toEqual(["contract of 2", "contract"]);
});

test("gate and up of a gated layer are one kernel that stores neither", () => {
  const { s, x, linear, rms } = setting();
  const normed = rms(x);
  const gate = linear(normed, "Gate");
  const up = linear(normed, "Up");
  const [from] = gate.type.axes.filter((axis) => axis.name === "Gate");
  const [to] = up.type.axes.filter((axis) => axis.name === "Up");
  if (from === undefined || to === undefined) throw new Error("axes are missing");
  const hidden = s.mul(s.rename(s.div(gate, s.add(s.exp(gate), 1)), from, to), up);
  const program = expectSameMeaning(s.graph({ hidden }), s.extent);
  expect(kindsOf(program)).toEqual(["norm+contract of 2"]);
  expect(program.kernels[0]?.stores.length).toBe(1);
  expect(program.tensors.filter(({ role }) => role === "intermediate")).toEqual([]);
});

test("a product that the other one sums over stays apart", () => {
  const { s, n, x, linear, kinds } = setting();
  const y = linear(x, "Out");
  const total = s.add(linear(x, "Other"), s.mean(y, ...y.type.axes.filter((axis) => axis !== n)));
  expect(kinds({ total })).toEqual(["contract", "row", "contract"]);
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

test("where arithmetic is as expensive as memory, the rows are pre-scaled by the kernel that makes them", () => {
  const { s, x, linear, rms } = setting();
  const made = linear(x, "Made", undefined, 6);
  const [width] = made.type.axes.filter((axis) => axis.name === "Made");
  if (width === undefined) throw new Error("no axis Made");
  const graph = s.graph({ y: linear(rms(made, [width]), "Out", [width]) });
  const program = expectSameMeaning(graph, s.extent, { savesTraffic: false });
  expect(kindsOf(program)).toEqual(["contract", "norm+contract"]);
  expect(program.kernels[0]?.stores.length).toBe(2);
  const [, reader] = program.kernels;
  expect(reader?.engine.kind === "contract" && reader.engine.left.kind).toBe("load");
});

test("there, the norm of an input stays a kernel", () => {
  const { s, x, linear, rms } = setting();
  const graph = s.graph({ y: linear(rms(x), "Out") });
  const program = expectSameMeaning(graph, s.extent, { savesTraffic: false });
  expect(kindsOf(program)).toEqual(["row", "contract"]);
});
