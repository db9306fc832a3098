import { expect, test } from "vitest";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { randomGraph } from "../support/graphs/random-graph.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { sketchVit } from "../support/graphs/sketch-vit.ts";
import {
  compareKernels,
  expectSameMeaning,
  randomFeeds,
} from "../support/kernels/compare-kernels.ts";

function rmsNorm(s: Sketch, x: Value, axes: readonly Axis[], weight: Value): Value {
  const scale = s.rsqrt(s.add(s.mean(s.pow(x, 2), ...axes), 1e-6));
  return s.mul(weight, s.mul(x, scale));
}

function gelu(s: Sketch, x: Value): Value {
  return s.mul(s.mul(s.number(0.5), x), s.add(s.erf(s.div(x, Math.SQRT2)), 1));
}

test("a linear layer with bias, activation and residual is one contraction", () => {
  const s = new Sketch();
  const [b, n, d] = [s.axis("B", 2), s.axis("N", 3), s.axis("D", 5)];
  const out = s.twin("Out", d);
  const x = s.input("x", [b, n, d]);
  const w = s.parameter("weight", [out, d]);
  const bias = s.parameter("bias", [out]);
  const y = s.rename(gelu(s, s.add(s.sum(s.mul(x, w), d), bias)), out, d);
  const program = expectSameMeaning(s.graph({ y: s.add(x, y) }), s.extent);
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["contract"]);
});

test("a norm is one row program", () => {
  const s = new Sketch();
  const [b, d] = [s.axis("B", 3), s.axis("D", 7)];
  const x = s.input("x", [b, d]);
  const program = expectSameMeaning(
    s.graph({ y: rmsNorm(s, x, [d], s.parameter("w", [d])) }),
    s.extent,
  );
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["row"]);
});

test("norms of queries and keys are one kernel", () => {
  const s = new Sketch();
  const [b, n, three] = [s.axis("B", 2), s.axis("N", 3), s.axis("Three", 3)];
  const [heads, head] = [s.axis("Heads", 2), s.axis("Head", 5)];
  const qkv = s.input("qkv", [b, n, three, heads, head]);
  const [q, k] = [0, 1].map((position) => s.element(qkv, three, position)) as [Value, Value];
  const wq = s.parameter("q_norm", [heads, head]);
  const wk = s.parameter("k_norm", [heads, head]);
  const m = s.twin("M", n);
  const program = expectSameMeaning(
    s.graph({
      q: rmsNorm(s, q, [heads, head], wq),
      k: s.rename(rmsNorm(s, k, [heads, head], wk), n, m),
    }),
    s.extent,
  );
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["row"]);
  expect(program.kernels[0]?.stores.length).toBe(2);
});

test("a softmax is one row program, with the logarithm of its sum when asked for", () => {
  const s = new Sketch();
  const [n, k] = [s.axis("N", 4), s.axis("K", 6)];
  const x = s.input("x", [n, k]);
  const top = s.stopGradient(s.max(x, k));
  const total = s.add(top, s.log(s.sum(s.exp(s.sub(x, top)), k)));
  const weights = s.exp(s.sub(x, total));
  const program = expectSameMeaning(s.graph({ weights, total }), s.extent);
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["row"]);
  expect(program.kernels[0]?.stores.map((store) => store.perRow ?? false)).toEqual([true, false]);
});

test("the class token and the position embedding are one map", () => {
  const s = new Sketch();
  const [b, row, col, d] = [s.axis("B", 2), s.axis("Row", 2), s.axis("Col", 3), s.axis("D", 4)];
  const cls = s.axis("Cls", 1);
  const tok = s.join("Tok", [cls], [row, col]);
  const image = s.input("image", [b, row, col, d]);
  const x = s.add(
    s.concat(tok, s.parameter("class", [cls, d]), image),
    s.parameter("position", [tok, d]),
  );
  const y = rmsNorm(s, x, [d], s.parameter("w", [d]));
  const program = expectSameMeaning(s.graph({ x, y }), s.extent);
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["map", "row"]);
});

test("products that no engine can keep apart are not materialised", () => {
  const s = new Sketch();
  const [b, i, j, k] = [s.axis("B", 2), s.axis("I", 3), s.axis("J", 4), s.axis("K", 5)];
  const a = s.input("a", [b, i, k]);
  const c = s.input("c", [b, k, j]);
  const product = s.sum(s.mul(a, c), k);
  const dot = s.sum(s.mul(a, a), k);
  const program = expectSameMeaning(s.graph({ product, dot }), s.extent);
  expect(program.kernels.map((kernel) => kernel.engine.kind).sort()).toEqual(["contract", "row"]);
});

test("a result that two outputs want, and an input that is one, are copied", () => {
  const s = new Sketch();
  const [n, d] = [s.axis("N", 2), s.axis("D", 3)];
  const x = s.input("x", [n, d]);
  const y = s.exp(x);
  expectSameMeaning(s.graph({ y, again: y, x, turned: s.reorder(y, d, n) }), s.extent);
});

test("a kernel with too many tensors is cut", () => {
  const s = new Sketch();
  const d = s.axis("D", 3);
  const parts = Array.from({ length: 12 }, (_, n) => s.input(`x${n}`, [d]));
  const sum = parts.reduce((a, b) => s.add(a, s.exp(b)));
  const program = expectSameMeaning(s.graph({ sum }), s.extent, { maxTensors: 4 });
  expect(program.kernels.length).toBeGreaterThan(3);
});

test("a join of more tensors than a device binds", () => {
  const s = new Sketch();
  const d = s.axis("D", 3);
  const axes = Array.from({ length: 11 }, (_, n) => s.axis(`A${n}`, 1 + (n % 3)));
  const parts = axes.map((axis, n) => s.input(`x${n}`, n % 2 === 0 ? [axis, d] : [d, axis]));
  const join = s.join("J", ...axes.map((axis) => [axis]));
  const graph = s.graph({ y: s.exp(s.concat(join, ...parts)) });
  const optimized = optimize(graph, s);
  compareKernels(graph, optimized, s.extent, randomFeeds(graph, s.extent), {});
});

test("kernels never wait for each other in a circle", () => {
  const s = new Sketch();
  const [n, d] = [s.axis("N", 3), s.axis("D", 4)];
  const e = s.twin("E", d);
  const x = s.input("x", [n, d]);
  const normed = rmsNorm(s, x, [d], s.parameter("w", [d]));
  const y = s.rename(s.sum(s.mul(normed, s.parameter("W", [e, d])), d), e, d);
  // The sum reads the row program and what waits for it.
  const program = expectSameMeaning(s.graph({ z: s.add(normed, y) }), s.extent);
  expect(program.kernels.map((kernel) => kernel.engine.kind)).toEqual(["row", "contract"]);
});

test.each([true, false])(
  "a block of InternViT is 6 kernels, and the whole means the same; saving traffic: %s",
  (savesTraffic) => {
    const { sketch, graph } = sketchVit({
      batch: 2,
      grid: 2,
      patch: 3,
      heads: 3,
      head: 4,
      hidden: 7,
      depth: 2,
    });
    const optimized = optimize(graph, sketch);
    const feeds = randomFeeds(graph, sketch.extent);
    const program = compareKernels(graph, optimized, sketch.extent, feeds, { savesTraffic });
    expect(program.kernels.map((kernel) => kernel.name)).toMatchInlineSnapshot(`
    [
      "contract-patch_embedding",
      "map-add",
      "contract-qkv",
      "row-q_norm-k_norm",
      "attend-attn",
      "contract-proj",
      "contract-fc1",
      "contract-fc2",
      "contract-qkv",
      "row-q_norm-k_norm",
      "attend-attn",
      "contract-proj",
      "contract-fc1",
      "contract-fc2",
    ]
  `);
  },
);

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  "random graph %i with an empty axis means the same",
  (seed) => {
    const sizes = [2, 3, 4, 1, 5].map((size, n) => (n === seed % 5 ? 0 : size));
    const { sketch, graph } = randomGraph(seed, sizes);
    const optimized = optimize(graph, sketch);
    const feeds = randomFeeds(graph, sketch.extent, seed);
    compareKernels(graph, optimized, sketch.extent, feeds, { maxTensors: 4 + (seed % 5) });
  },
);

test.each(Array.from({ length: 400 }, (_, seed) => seed))(
  "random graph %i means the same",
  (seed) => {
    const { sketch, graph } = randomGraph(seed);
    const optimized = optimize(graph, sketch);
    const feeds = randomFeeds(graph, sketch.extent, seed);
    const savesTraffic = seed % 3 > 0;
    compareKernels(graph, optimized, sketch.extent, feeds, {
      maxTensors: 4 + (seed % 5),
      savesTraffic,
    });
  },
);
