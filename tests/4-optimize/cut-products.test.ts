import { describe, expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { cutProductsAbove } from "../../compiler/4-optimize/cut-products.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { passContext } from "../support/kernels/pass-context.ts";

const [classes, width] = [37, 3];

interface Loss {
  readonly s: Sketch;
  readonly axes: Readonly<Record<"b" | "n" | "d" | "v", Axis>>;
  readonly hidden: Value;
  readonly head: Value;
  readonly target: Value;
  readonly logits: Value;
  /** One number of each row. */
  readonly rows: Value;
}

/**
 * Cross entropy with smoothing over the logits of a head, as `std/losses` spells it: rows whose target is
 * none of the classes count for nothing.
 */
function lossOf(batch: number, tokens: number): Loss {
  const s = new Sketch();
  const [b, n] = [s.axis("B", batch), s.axis("N", tokens)];
  const [d, out, v] = [s.axis("D", width), s.axis("Out", classes), s.axis("V", classes)];
  const hidden = s.tanh(s.input("x", [b, n, d]));
  const head = s.parameter("head", [out, d]);
  const target = s.input("target", [b, n], "i32");
  const logits = s.rename(s.sum(s.mul(hidden, head), d), out, v);
  const top = s.stopGradient(s.max(logits, v));
  const shifted = s.sub(logits, top);
  const logp = s.sub(shifted, s.log(s.sum(s.exp(shifted), v)));
  const missed = s.add(s.mul(s.take(logp, v, target), -0.9), s.mul(s.mean(logp, v), -0.1));
  const isKept = s.lessEqual(s.number(0, "i32"), target);
  const rows = s.where(isKept, missed, s.number(0));
  return { s, axes: { b, n, d, v }, hidden, head, target, logits, rows };
}

/** The mean over the rows, and its gradients by the head and by what it is applied to. */
function withGradients({ s, axes: { b, n }, hidden, head, rows }: Loss): Graph {
  const total = s.mul(s.sum(rows, b, n), 0.125);
  const seeds = new Map([[total, s.number(1)]]);
  const gradients = reverseMode({ build: s.build, seeds, wanted: [hidden, head] });
  const [ofHidden, ofHead] = [gradients.get(hidden), gradients.get(head)];
  if (ofHidden === undefined || ofHead === undefined) throw new Error("there is no gradient");
  return s.graph({ total, ofHidden, ofHead });
}

/** The loss again, after the product is cut into pieces of so many bytes. */
function cut(loss: Loss, piece: number, outputs: Readonly<Record<string, Value>>): Graph {
  const { s } = loss;
  const limits = { bytes: piece, pieces: 16, mostBytes: piece };
  return cutProductsAbove(limits).run(s.graph(outputs), passContext(s));
}

function outputOf(graph: Graph, name: string): Value {
  const found = graph.outputs.find((output) => output.name === name)?.value;
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function feedsOf(graph: Graph, { s, target }: Loss) {
  const next = generator(3);
  const count = target.type.axes.reduce((product, axis) => product * s.extent(axis), 1);
  const data = Float64Array.from({ length: count }, () => Math.floor(next() * (classes + 2)) - 1);
  const given: ReferenceTensor = { type: target.type, data };
  return new Map([...randomFeeds(graph, s.extent), [target, given]]);
}

function largest({ tensors, kernels }: KernelProgram): number {
  const written = new Set(kernels.flatMap(({ stores }) => stores.map(({ tensor }) => tensor)));
  const sizes = tensors
    .filter(({ id, role }) => role === "intermediate" && written.has(id))
    .map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
  return Math.max(...sizes);
}

describe("a loss over many classes", () => {
  test.each([
    // Rows of one sample, whole samples, some rows of each sample, rows that do not come out even.
    { batch: 1, tokens: 12, rows: 4, bindings: 16 },
    { batch: 6, tokens: 3, rows: 6, bindings: 8 },
    { batch: 2, tokens: 6, rows: 3, bindings: 8 },
    { batch: 2, tokens: 7, rows: 3, bindings: 16 },
    { batch: 5, tokens: 1, rows: 2, bindings: 8 },
    // More pieces than a kernel binds.
    { batch: 13, tokens: 1, rows: 1, bindings: 8 },
  ])(
    "is computed $rows rows of $batch x $tokens at a time, $bindings tensors a kernel",
    ({ batch, tokens, rows, bindings }) => {
      const loss = lossOf(batch, tokens);
      const { s } = loss;
      const whole = withGradients(loss);
      const before = cut(loss, 4 * classes * rows, { rows: loss.rows });
      const pieces = withGradients({ ...loss, rows: outputOf(before, "rows") });
      const device = { ...portableProfile, maxStorageBuffersPerShaderStage: bindings };
      const feeds = feedsOf(whole, loss);
      const program = compareKernels(whole, optimize(pieces, s), s.extent, feeds, { device });
      expect(largest(program)).toBeLessThan(batch * tokens * classes);
      const count = Math.ceil((batch * tokens) / rows);
      expect(program.kernels.length).toBeLessThanOrEqual(5 * count + 12);
      const others = Math.max(batch * tokens, classes) * width;
      expect(largest(program)).toBeLessThanOrEqual(Math.max(rows * classes, others));
    },
  );

  test("has one piece in memory at a time, on the way back too", () => {
    const loss = lossOf(1, 12);
    const before = cut(loss, 4 * classes * 3, { rows: loss.rows });
    const pieces = withGradients({ ...loss, rows: outputOf(before, "rows") });
    const { s } = loss;
    const whole = withGradients(loss);
    const { kernels, tensors } = compareKernels(
      whole,
      optimize(pieces, s),
      s.extent,
      feedsOf(whole, loss),
      { device: portableProfile },
    );
    const isPiece = (tensor: number): boolean => tensors[tensor]?.shape.join() === "1,3,37";
    const touched = kernels.map((kernel) => {
      const loaded = JSON.stringify(kernel).matchAll(/"tensor":(\d+)/g);
      return [...new Set([...loaded].map((match) => Number(match[1])))].filter(isPiece);
    });
    // Logits, the loss and their gradient in their place, then the gradients of both factors.
    const order = touched.filter((own) => own.length > 0).flat();
    const pieceCount = new Set(order).size;
    expect(order.length).toBe(4 * 4);
    expect(pieceCount).toBeLessThanOrEqual(4);
    const turns = order.filter((tensor, n) => tensor !== order[n - 1]).length;
    expect(turns).toBeLessThanOrEqual(4);
  });

  test("is cut where there is no gradient, too", () => {
    const loss = lossOf(2, 8);
    const { s } = loss;
    const { b, n } = loss.axes;
    const total = s.sum(loss.rows, b, n);
    const whole = s.graph({ total });
    const pieces = cut(loss, 4 * classes * 4, { total });
    const feeds = feedsOf(whole, loss);
    const program = compareKernels(whole, optimize(pieces, s), s.extent, feeds, {});
    expect(largest(program)).toBeLessThanOrEqual(4 * classes);
  });

  test("stays whole where the logits themselves are wanted", () => {
    const loss = lossOf(2, 8);
    const { rows, logits } = loss;
    const whole = loss.s.graph({ rows, logits });
    expect(cut(loss, 4 * classes * 4, { rows, logits })).toEqual(whole);
  });

  test("stays whole where a row needs what is made of the others", () => {
    const loss = lossOf(2, 8);
    const { s, axes, logits } = loss;
    // The largest logit of all rows is taken from each.
    const apart = s.exp(s.sub(logits, s.max(s.max(logits, axes.v), axes.b, axes.n)));
    const rows = s.sum(apart, axes.v);
    const whole = s.graph({ rows });
    expect(cut(loss, 4 * classes * 4, { rows })).toEqual(whole);
  });
});
