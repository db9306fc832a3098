import { describe, expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import { constant } from "../../compiler/ops/build/build.ts";
import { attendGraphGradient } from "../../compiler/ops/families/attention/attend-gradient.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { valuesInOrder } from "../../compiler/ops/values-in-order.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { softmax } from "../support/graphs/sketch-vit.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { fuseGraph } from "../support/kernels/fuse-graph.ts";

interface Shape {
  readonly queries: number;
  readonly keys: number;
  readonly head?: number;
  /** Width of the values, where it is another axis. */
  readonly columns?: number;
  /** Query heads for each head of keys. */
  readonly group?: number;
}

/** An attention with its axes, and what of it is differentiated. */
class Attention {
  readonly s = new Sketch();
  readonly batch = this.s.axis("B", 2);
  readonly heads = this.s.axis("Heads", 2);
  readonly group: Axis;
  readonly queries: Axis;
  readonly keys: Axis;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly score: Value;

  constructor({ queries, keys, head = 4, columns, group = 1 }: Shape) {
    const { s, batch, heads } = this;
    this.group = s.axis("Group", group);
    this.queries = s.axis("N", queries);
    this.keys = s.axis("M", keys);
    const inner = s.axis("Head", head);
    const along = columns === undefined ? inner : s.axis("V", columns);
    this.q = s.input("q", [batch, this.queries, heads, this.group, inner]);
    this.k = s.input("k", [batch, this.keys, heads, inner]);
    this.v = s.input("v", [batch, this.keys, heads, along]);
    this.score = s.sum(s.mul(s.mul(this.q, 0.5), this.k), inner);
  }

  masked(mask: Value, score = this.score): Value {
    return this.s.where(mask, score, constant(this.s.build, "lowest", "f32", this.s.origin));
  }

  causal(behind = 0): Value {
    const { s } = this;
    return s.lessEqual(s.add(s.index(this.keys), s.number(behind, "i32")), s.index(this.queries));
  }

  /** The gradients of q, k and v, and of `others`, as outputs of a graph after the passes. */
  gradients(score = this.score, others: readonly Value[] = []): Gradients {
    const { s } = this;
    const result = s.sum(s.mul(softmax(s, score, this.keys), this.v), this.keys);
    const weights = s.input("weights", result.type.axes);
    const forward = optimize(
      s.graph({ loss: s.sum(s.mul(result, weights), ...result.type.axes) }),
      s,
    );
    const [loss] = forward.outputs.map(({ value }) => value);
    const attend = valuesInOrder(loss === undefined ? [] : [loss]).find(
      ({ op }) => op === "attend",
    );
    if (loss === undefined || attend === undefined) throw new Error("no attention was found");
    const one = constant(s.build, 1, "f32", s.origin);
    const wanted = [this.q, this.k, this.v, ...others];
    const found = reverseMode({ build: s.build, seeds: new Map([[loss, one]]), wanted });
    const at = reverseMode({ build: s.build, seeds: new Map([[loss, one]]), wanted: [attend] });
    const gradient = at.get(attend);
    if (gradient === undefined) throw new Error("the loss does not depend on the attention");
    const context = { build: s.build, value: attend, gradient, origin: s.origin };
    const parts = attendGraphGradient(context);
    return {
      graph: s.graph(Object.fromEntries(wanted.map((value, n) => [`d${n}`, got(found, value)]))),
      byGraph: wanted.map((value) => parts[attend.inputs.indexOf(value)]),
    };
  }
}

interface Gradients {
  readonly graph: Graph;
  /** The same by the rule that stores scores. */
  readonly byGraph: readonly (Value | undefined)[];
}

function got(gradients: ReadonlyMap<Value, Value>, value: Value): Value {
  const found = gradients.get(value);
  if (found === undefined) throw new Error("there is no gradient");
  return found;
}

/** Both rules in float64, and the kernels of the first. */
function expectSame({ s }: Attention, { graph, byGraph }: Gradients): readonly string[] {
  const feeds = randomFeeds(graph, s.extent, 3);
  const own = graph.outputs.map(({ value }) => value);
  const judges = byGraph.flatMap((value) => value ?? []);
  expect(judges).toHaveLength(own.length);
  const values = interpretGraph([...own, ...judges], feeds, s.extent);
  own.forEach((value, n) => {
    const [found, wanted] = [value, judges[n] ?? value].map((one) => values.get(one)?.data ?? []);
    const most = Math.max(...(wanted ?? []).map(Math.abs), 1e-3);
    const gap = [...(found ?? [])].map((x, place) => Math.abs(x - (wanted?.[place] ?? 0)));
    expect(Math.max(...gap, 0) / most).toBeLessThan(1e-12);
  });
  const optimized = optimize(graph, s);
  const { kernels } = compareKernels(graph, optimized, s.extent, feeds, { maxTensors: 10 });
  return kernels.map(({ engine }) => engine.kind).toSorted();
}

const engines = ["attend", "attend-back", "attend-back"];

describe("the way back of attention equals the rule that stores scores", () => {
  const shapes: readonly Shape[] = [
    { queries: 1, keys: 5 },
    { queries: 17, keys: 3, columns: 3 },
    { queries: 5, keys: 17, group: 3 },
    { queries: 7, keys: 7, group: 2, columns: 1 },
  ];
  test.each(shapes)(
    "$queries queries and $keys keys, groups of $group, values of $columns",
    (shape) => {
      const plain = new Attention(shape);
      expect(expectSame(plain, plain.gradients())).toEqual(engines);
      const causal = new Attention(shape);
      expect(expectSame(causal, causal.gradients(causal.masked(causal.causal())))).toEqual(engines);
    },
  );

  test("rows that see nothing weigh all keys equally", () => {
    const own = new Attention({ queries: 5, keys: 4 });
    expect(expectSame(own, own.gradients(own.masked(own.causal(2))))).toEqual(engines);
  });

  test("below a mask that somebody gives", () => {
    const own = new Attention({ queries: 6, keys: 5, group: 2 });
    const mask = own.s.input("mask", [own.batch, own.keys], "bool");
    expect(expectSame(own, own.gradients(own.masked(mask)))).toEqual(engines);
  });

  test("below a cap, with a bias that nobody trains", () => {
    const own = new Attention({ queries: 6, keys: 5 });
    const { s } = own;
    const capped = s.mul(s.tanh(s.div(own.score, s.number(2))), 2);
    const bias = s.input("bias", [own.heads, own.queries, own.keys]);
    expect(expectSame(own, own.gradients(s.add(capped, bias)))).toEqual(engines);
  });

  test("a bias that is trained has the gradient of the graph", () => {
    const own = new Attention({ queries: 6, keys: 5 });
    const bias = own.s.input("bias", [own.heads, own.queries, own.keys]);
    const found = expectSame(own, own.gradients(own.s.add(own.score, bias), [bias]));
    expect(found.filter((kind) => kind === "attend-back")).toHaveLength(2);
    expect(found.length).toBeGreaterThan(3);
  });
});

describe("no score is stored", () => {
  const padded = (own: Attention): Value =>
    own.masked(own.s.input("mask", [own.batch, own.keys], "bool"));
  test.each<[string, number, (own: Attention) => Value]>([
    ["", 1, (own) => own.score],
    [", each of which sees those before it, heads in groups", 2, (own) => own.masked(own.causal())],
    [", some of which are padding", 1, padded],
  ])("with 1,025 tokens%s, forward and back", (_, group, scoreOf) => {
    const own = new Attention({ queries: 1025, keys: 1025, head: 64, group });
    const { graph } = own.gradients(scoreOf(own));
    const { tensors, kernels } = fuseGraph(optimize(graph, own.s), own.s.extent, {
      maxStorageBuffersPerShaderStage: 10,
    });
    expect(kernels.map(({ engine }) => engine.kind).toSorted()).toEqual(engines);
    const sizes = tensors.map(({ shape }) => shape.reduce((all, extent) => all * extent, 1));
    expect(Math.max(...sizes)).toBe(2 * 1025 * 2 * group * 64);
  });

  test("where a kernel binds no more than 8 tensors, a result gets a kernel of its own", () => {
    const own = new Attention({ queries: 6, keys: 5 });
    const mask = own.s.input("mask", [own.queries, own.keys], "bool");
    const { graph } = own.gradients(own.masked(mask));
    const optimized = optimize(graph, own.s);
    const feeds = randomFeeds(graph, own.s.extent, 3);
    const kindsFor = (maxTensors: number): readonly string[] =>
      compareKernels(graph, optimized, own.s.extent, feeds, { maxTensors }).kernels.map(
        ({ engine }) => engine.kind,
      );
    expect(kindsFor(8).filter((kind) => kind === "attend-back")).toHaveLength(4);
    expect(kindsFor(10).filter((kind) => kind === "attend-back")).toHaveLength(2);
  });
});
