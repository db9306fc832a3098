import { describe, expect, test } from "vitest";
import { fuseRotary } from "../../compiler/5-schedule/rewrite/fuse-rotary.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import { rightsOf } from "../../compiler/ir/kernel/engines/contract.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import * as build from "../../compiler/ops/build/build.ts";
import * as move from "../../compiler/ops/build/build-movement.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { passContext } from "../support/kernels/fuse-graph.ts";

/** The rotary positions of the standard library, from primitives. */
function rope(s: Sketch, x: Value, head: Axis, position: Value): Value {
  const [side, half] = [s.axis("Side", 2), s.axis("Half", s.extent(head) / 2)];
  const power = s.mul(s.convert(s.index(half), "f32"), -2 / s.extent(head));
  const angle = s.mul(s.convert(position, "f32"), s.pow(s.number(100), power));
  const pair = s.split(x, head, side, half);
  const [a, b] = [s.element(pair, side, 0), s.element(pair, side, 1)];
  const [cos, sin] = [build.cos(s.build, angle, s.origin), build.sin(s.build, angle, s.origin)];
  const turned = [s.sub(s.mul(a, cos), s.mul(b, sin)), s.add(s.mul(b, cos), s.mul(a, sin))];
  return s.merge(move.stack(s.build, turned, side, s.origin), [side, half], head);
}

interface Made {
  readonly s: Sketch;
  readonly graph: Graph;
}

/** Queries, keys and values of one token for each sequence, or of several, over a cache of 9 slots. */
function projected(batch: number, tokens: number, head = 8): Made {
  const s = new Sketch();
  const [b, n, d] = [s.axis("B", batch), s.axis("N", tokens), s.axis("D", 6)];
  const [slot, heads, h] = [s.axis("Slot", 9), s.axis("Heads", 2), s.axis("Head", head)];
  const of = tokens > 1 ? [b, n] : [b];
  const x = s.input("x", [...of, d]);
  const length = s.state("length", [b], "i32");
  const position = tokens > 1 ? s.add(s.index(n), length) : length;
  const linear = (name: string): Value =>
    s.sum(s.mul(x, s.parameter(`${name}.weight`, [heads, h, d])), d);
  const cached = (name: string, value: Value): void => {
    const state = s.state(name, [b, slot, heads, h]);
    s.store(state, s.put(state, slot, position, value));
  };
  const q = rope(s, linear("q"), h, position);
  cached("keys", rope(s, linear("k"), h, position));
  cached("values", linear("v"));
  s.store(length, s.add(length, s.number(tokens, "i32")));
  return { s, graph: s.graph({ q }) };
}

function compared({ s, graph }: Made, maxTensors = 10): KernelProgram {
  return compareKernels(graph, optimize(graph, s), s.extent, randomFeeds(graph, s.extent), {
    maxTensors,
  });
}

function productsOf(kernels: readonly Kernel[]): readonly number[] {
  return kernels
    .flatMap(({ engine }) => (engine.kind === "contract" ? [rightsOf(engine).length] : []))
    .sort();
}

describe("queries are rotated, and keys stored where they belong, by what makes them", () => {
  test("one token: one kernel reads each weight once and stores all where it belongs", () => {
    const { kernels } = compared(projected(1, 1));
    expect(kernels.map(({ engine }) => engine.kind)).toEqual(["contract", "map"]);
    // Both halves of a product at once: two right operands over half as many columns, for the values too.
    expect(productsOf(kernels)).toEqual([6]);
    const caches = kernels.flatMap(({ stores }) =>
      stores.filter(({ partial }) => partial === true),
    );
    expect(caches).toHaveLength(4);
  });

  test("one token, and few tensors in a kernel: what does not fit beside the others stays apart", () => {
    const { kernels } = compared(projected(1, 1), 8);
    // Two projections bind seven or eight tensors, all three ten.
    expect(productsOf(kernels)).toEqual([2, 4]);
  });

  test.each([
    [3, 1],
    [1, 4],
    [2, 3],
  ])("%i sequences of %i tokens: each projection rotates its own", (batch, tokens) => {
    const { kernels } = compared(projected(batch, tokens));
    const kinds = kernels.map(({ engine }) => engine.kind);
    expect(kinds.filter((kind) => kind === "contract").length).toBeLessThanOrEqual(3);
    // What is left of maps: the length, and angles where they are worth a table.
    expect(
      kernels.filter(({ holds }) => holds.includes("sub")).map(({ engine }) => engine.kind),
    ).not.toContain("map");
  });

  test("heads of two numbers have one pair", () => {
    compared(projected(1, 1, 2));
    compared(projected(2, 3, 2));
  });
});

test("what reads other places than its halves stays as it is", () => {
  const s = new Sketch();
  const [b, n, d, h] = [s.axis("B", 1), s.axis("N", 4), s.axis("D", 6), s.axis("Head", 8)];
  const x = s.input("x", [b, n, d]);
  const y = s.sum(s.mul(x, s.parameter("weight", [h, d])), d);
  const [side, half] = [s.axis("Side", 2), s.axis("Half", 4)];
  const pair = s.split(y, h, side, half);
  const m = s.twin("M", n);
  const before = s.take(s.element(pair, side, 1), n, s.convert(s.index(n), "i32"));
  const turned = s.rename(s.rename(s.element(pair, side, 0), n, m), m, n);
  const graph = s.graph({ y: s.exp(s.mul(turned, s.exp(before))), all: s.sum(s.exp(y), h) });
  const program = compareKernels(graph, graph, s.extent, randomFeeds(graph, s.extent), {});
  const again = fuseRotary.run(program, passContext());
  verifyKernels(again, "folding");
});
