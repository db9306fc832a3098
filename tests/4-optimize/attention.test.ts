import { describe, expect, test } from "vitest";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { constant } from "../../compiler/ops/build/build.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { softmax } from "../support/graphs/sketch-vit.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";

/** Queries, keys and values of two heads, three queries and five keys. */
class Heads {
  readonly s = new Sketch();
  readonly batch = this.s.axis("B", 2);
  readonly heads = this.s.axis("Heads", 2);
  readonly queries = this.s.axis("N", 3);
  readonly keys = this.s.axis("M", 5);
  readonly head = this.s.axis("Head", 4);
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;

  constructor(...sharedByKeys: readonly ("heads" | "batch")[]) {
    const { s, batch, heads, queries, keys, head } = this;
    const own = { batch, heads };
    const shared = sharedByKeys.map((name) => own[name]);
    this.q = s.input("q", [batch, queries, heads, head]);
    this.k = s.input("k", [...shared, keys, head]);
    this.v = s.input("v", [...shared, keys, head]);
  }

  get lowest(): Value {
    return constant(this.s.build, "lowest", "f32", this.s.origin);
  }

  score(q = this.q): Value {
    return this.s.sum(this.s.mul(this.s.mul(q, 0.5), this.k), this.head);
  }

  mix(weights: Value): Value {
    return this.s.sum(this.s.mul(weights, this.v), this.keys);
  }

  kernels(result: Value): KernelProgram["kernels"] {
    const graph = this.s.graph({ result });
    const optimized = optimize(graph, this.s);
    const feeds = randomFeeds(graph, this.s.extent, 5);
    return compareKernels(graph, optimized, this.s.extent, feeds, {}).kernels;
  }
}

/** As most write it: the exponentials divided by their sum. */
function divided(s: Sketch, x: Value, k: Axis): Value {
  const raised = s.exp(s.sub(x, s.max(x, k)));
  return s.div(raised, s.sum(raised, k));
}

function engines(kernels: KernelProgram["kernels"]): readonly string[] {
  return kernels.map((kernel) => kernel.engine.kind);
}

describe("attention becomes one kernel", () => {
  test("as the library writes it", () => {
    const h = new Heads("batch", "heads");
    const [kernel] = h.kernels(h.mix(softmax(h.s, h.score(), h.keys)));
    expect(kernel?.engine).toMatchObject({ kind: "attend", scale: 0.5, mask: undefined });
  });

  test("with the softmax divided by its sum", () => {
    const h = new Heads("batch", "heads");
    expect(engines(h.kernels(h.mix(divided(h.s, h.score(), h.keys))))).toEqual(["attend"]);
  });

  test("with a causal mask, which is never stored", () => {
    const h = new Heads("batch", "heads");
    const { s } = h;
    const mask = s.lessEqual(s.index(h.keys), s.index(h.queries));
    const masked = s.where(mask, h.score(), h.lowest);
    const kernels = h.kernels(h.mix(softmax(s, masked, h.keys)));
    expect(engines(kernels)).toEqual(["attend"]);
    expect(kernels[0]?.engine).toHaveProperty("mask.fn", "le");
  });

  test("with a mask that somebody gives", () => {
    const h = new Heads("batch", "heads");
    const mask = h.s.input("mask", [h.batch, h.keys], "bool");
    const masked = h.s.where(mask, h.score(), h.lowest);
    expect(engines(h.kernels(h.mix(softmax(h.s, masked, h.keys))))).toEqual(["attend"]);
  });

  test("with numbers added to the scores, over any of their axes", () => {
    for (const over of [
      ["keys"],
      ["heads", "queries", "keys"],
      ["batch", "keys"],
      ["batch"],
    ] as const) {
      const h = new Heads("batch", "heads");
      const bias = h.s.input(
        "bias",
        over.map((name) => h[name]),
      );
      const kernels = h.kernels(h.mix(softmax(h.s, h.s.add(h.score(), bias), h.keys)));
      expect(engines(kernels)).toEqual(["attend"]);
      expect(kernels[0]?.engine).toHaveProperty("bias");
    }
  });

  test("with scores below a cap, a bias and a mask on top", () => {
    const h = new Heads("batch", "heads");
    const { s } = h;
    const capped = s.mul(s.tanh(s.div(h.score(), s.number(2))), 2);
    const biased = s.add(s.input("bias", [h.heads, h.queries, h.keys]), capped);
    const mask = s.lessEqual(s.index(h.keys), s.index(h.queries));
    const kernels = h.kernels(h.mix(divided(s, s.where(mask, biased, h.lowest), h.keys)));
    expect(engines(kernels)).toEqual(["attend"]);
    expect(kernels[0]?.engine).toMatchObject({ cap: 2, scale: 0.5 });
  });

  test("with keys that all heads share, and with keys that all share", () => {
    for (const shared of [["batch"], []] as const) {
      const h = new Heads(...shared);
      expect(engines(h.kernels(h.mix(softmax(h.s, h.score(), h.keys))))).toEqual(["attend"]);
    }
  });

  test("with what follows at the same element", () => {
    const h = new Heads("batch", "heads");
    const mixed = h.mix(softmax(h.s, h.score(), h.keys));
    const kernels = h.kernels(h.s.add(h.s.mul(mixed, 3), h.s.parameter("bias", [h.heads, h.head])));
    expect(engines(kernels)).toEqual(["attend"]);
  });
});

describe("what is not attention stays what it is", () => {
  test("a bias that lies above the mask", () => {
    const h = new Heads("batch", "heads");
    const mask = h.s.input("mask", [h.batch, h.keys], "bool");
    const masked = h.s.where(mask, h.score(), h.lowest);
    const biased = h.s.add(masked, h.s.input("bias", [h.queries, h.keys]));
    expect(engines(h.kernels(h.mix(softmax(h.s, biased, h.keys))))).not.toContain("attend");
  });

  test("weights that are an output too", () => {
    const h = new Heads("batch", "heads");
    const weights = softmax(h.s, h.score(), h.keys);
    const graph = h.s.graph({ weights, mixed: h.mix(weights) });
    const optimized = optimize(graph, h.s);
    const feeds = randomFeeds(graph, h.s.extent, 5);
    compareKernels(graph, optimized, h.s.extent, feeds, {});
  });

  test("values that differ by query", () => {
    const h = new Heads("batch", "heads");
    const own = h.s.input("own", [h.batch, h.heads, h.queries, h.keys]);
    const mixed = h.s.sum(h.s.mul(softmax(h.s, h.score(), h.keys), own), h.keys);
    expect(engines(h.kernels(mixed))).not.toContain("attend");
  });

  test("a softmax over another axis than the keys", () => {
    const h = new Heads("batch", "heads");
    const mixed = h.mix(softmax(h.s, h.score(), h.queries));
    expect(engines(h.kernels(mixed))).not.toContain("attend");
  });

  test("a number that is not the lowest where the mask is false", () => {
    const h = new Heads("batch", "heads");
    const mask = h.s.lessEqual(h.s.index(h.keys), h.s.index(h.queries));
    const masked = h.s.where(mask, h.score(), h.s.number(-2));
    expect(engines(h.kernels(h.mix(softmax(h.s, masked, h.keys))))).not.toContain("attend");
  });

  test("a maximum of something else", () => {
    const h = new Heads("batch", "heads");
    const { s, keys } = h;
    const score = h.score();
    const raised = s.exp(s.sub(score, s.max(s.mul(score, 2), keys)));
    expect(engines(h.kernels(h.mix(s.div(raised, s.sum(raised, keys)))))).not.toContain("attend");
  });
});
