import { describe, expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { workOf } from "../../compiler/5-schedule/kernel-program/kernel-work.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import { putCombined } from "../../compiler/ops/build/build-movement.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";

/** Positions from 2 before to 2 behind the axis, the first few of its rows again and again. */
function drawn(position: Value, axis: Axis, s: Sketch): ReferenceTensor {
  const next = generator(7);
  const count = position.type.axes.reduce((product, own) => product * s.extent(own), 1);
  const data = Float64Array.from({ length: count }, () => {
    const among = next() < 0.3 ? 5 : s.extent(axis) + 4;
    return Math.floor(next() * among) - 2;
  });
  return { type: position.type, data };
}

/** The kernels of the graph after all passes, which mean what it means. */
function kernelsOf(graph: Graph, s: Sketch, position: Value, axis: Axis) {
  const feeds = new Map(randomFeeds(graph, s.extent));
  feeds.set(position, drawn(position, axis, s));
  return compareKernels(graph, optimize(graph, s), s.extent, feeds, {});
}

/** `put_add` of everything at `positions` to `x`, in which 300 updates and more are sorted. */
function added(axesOf: (s: Sketch) => Record<"x" | "positions" | "values", readonly Axis[]>) {
  const s = new Sketch();
  const axes = axesOf(s);
  const [axis] = axes.x.filter(({ name }) => name === "N");
  if (axis === undefined) throw new Error("there is no N");
  const position = s.input("position", axes.positions, "i32");
  const [x, values] = [s.input("x", axes.x), s.input("values", axes.values)];
  const how = { axis, combine: "sum" } as const;
  const y = putCombined(s.build, x, how, position, values, s.origin);
  const program = kernelsOf(s.graph({ y }), s, position, axis);
  return program.kernels.map(({ engine }) => engine);
}

describe("many updates", () => {
  const isSorted = expect.objectContaining({ kind: "scatter", range: expect.anything() });

  test("of a table are sorted by row", () => {
    const engines = added((s) => {
      const [n, d] = [s.axis("N", 1021), s.axis("D", 3)];
      const [b, p] = [s.axis("B", 4), s.axis("P", 101)];
      return { x: [n, d], positions: [b, p], values: [p, b, d] };
    });
    // Rows of updates, ranks, the order, updates before each row in two steps, and the sums.
    expect(engines.length).toBe(6);
    expect(engines).toContainEqual(isSorted);
  });

  test("of a batch are sorted by sample and row", () => {
    const engines = added((s) => {
      const [b, n, d] = [s.axis("B", 2), s.axis("N", 601), s.axis("D", 3)];
      const p = s.axis("P", 151);
      return { x: [b, n, d], positions: [p, b], values: [b, p, d] };
    });
    expect(engines).toContainEqual(isSorted);
  });

  test("along the axis itself are sorted", () => {
    const engines = added((s) => {
      const [n, d] = [s.axis("N", 401), s.axis("D", 8)];
      return { x: [n, d], positions: [n], values: [n, d] };
    });
    expect(engines).toContainEqual(isSorted);
  });

  test("of few elements are found by looking", () => {
    const engines = added((s) => {
      const [n, d] = [s.axis("N", 7), s.axis("D", 3)];
      const p = s.axis("P", 400);
      return { x: [n, d], positions: [p], values: [p, d] };
    });
    expect(engines.map(({ kind }) => kind)).toEqual(["scatter"]);
  });
});

/** A table of which rows are taken, and the gradient of the table. */
function tableGradient(rows: number, tokens: number, width: number) {
  const s = new Sketch();
  const [n, p, d] = [s.axis("N", rows), s.axis("P", tokens), s.axis("D", width)];
  const ids = s.input("ids", [p], "i32");
  const table = s.parameter("table", [n, d]);
  const rowsTaken = s.take(table, n, ids);
  const seed = s.input("seed", [p, d]);
  const seeds = new Map([[rowsTaken, seed]]);
  const gradient = reverseMode({ build: s.build, seeds, wanted: [table] }).get(table);
  if (gradient === undefined) throw new Error("the table has no gradient");
  return { s, ids, axis: n, graph: s.graph({ gradient }) };
}

describe("the gradient of a table", () => {
  test("adds up the rows of each token, and nothing else", () => {
    const [tokens, width] = [256, 5];
    const { s, ids, axis, graph } = tableGradient(1009, tokens, width);
    const { kernels, tensors } = kernelsOf(graph, s, ids, axis);
    const flops = kernels.reduce((sum, kernel) => sum + workOf(kernel, tensors).flops, 0);
    expect(flops).toBeGreaterThan(0);
    expect(flops).toBeLessThanOrEqual(4 * tokens * width);
  });

  test("is one sum under a mask where the table is small", () => {
    const { s, ids, axis, graph } = tableGradient(11, 30, 5);
    const { kernels } = kernelsOf(graph, s, ids, axis);
    expect(kernels.map(({ engine }) => engine.kind)).toEqual(["row"]);
  });
});
