import { describe, expect, test } from "vitest";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import * as move from "../../compiler/ops/build/build-movement.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { generator, numbersFor } from "../support/graphs/random-tensors.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels } from "../support/kernels/compare-kernels.ts";

/**
 * What is put into a tensor may be seen in any way: moved, cut, joined, reduced, put into again, stored as a
 * state. Kernels are compared with the reference, positions outside of the axis included.
 */
type View = (s: Sketch, x: Value, next: () => number) => Value | undefined;

const views: Readonly<Record<string, View>> = {
  rename: (s, x) => {
    const [axis] = x.type.axes;
    return axis && s.rename(x, axis, s.axis("Renamed", s.extent(axis)));
  },
  reorder: (s, x) => s.reorder(x, ...x.type.axes.toReversed()),
  expand: (s, x) => move.expand(s.build, x, [s.axis("Again", 2)], s.origin),
  split: (s, x) => {
    const axis = x.type.axes.find((candidate) => s.extent(candidate) % 2 === 0);
    return axis && s.split(x, axis, s.axis("Half", s.extent(axis) / 2), s.axis("Pair", 2));
  },
  merge: (s, x) => {
    const [a, b] = x.type.axes;
    if (a === undefined || b === undefined) return undefined;
    return s.merge(x, [a, b], s.axis("Whole", s.extent(a) * s.extent(b)));
  },
  "merge from the right": (s, x) => {
    const [a, b] = x.type.axes;
    if (a === undefined || b === undefined) return undefined;
    return s.merge(x, [b, a], s.axis("Whole", s.extent(a) * s.extent(b)));
  },
  segment: (s, x) => {
    const [axis] = x.type.axes;
    if (axis === undefined || s.extent(axis) < 2) return undefined;
    const [front, back] = [s.axis("Front", 1), s.axis("Back", s.extent(axis) - 1)];
    const join = s.join("Join", [front], [back]);
    return move.segment(s.build, s.rename(x, axis, join), join, 1, s.origin);
  },
  concat: (s, x) => {
    const [axis] = x.type.axes;
    if (axis === undefined) return undefined;
    const [front, back] = [s.axis("Front", s.extent(axis)), s.axis("Back", s.extent(axis))];
    const join = s.join("Join", [front], [back]);
    return s.concat(join, s.rename(x, axis, front), s.rename(x, axis, back));
  },
  stack: (s, x) => move.stack(s.build, [x, s.mul(x, 2)], s.axis("Stacked", 2), s.origin),
  element: (s, x, next) => {
    const axis = x.type.axes.at(-1);
    return axis && s.element(x, axis, Math.floor(next() * s.extent(axis)));
  },
  slice: (s, x) => {
    const axis = x.type.axes.at(-1);
    if (axis === undefined || s.extent(axis) < 2) return undefined;
    const to = s.axis("Slice", s.extent(axis) - 1);
    return move.slice(s.build, x, axis, to, s.sizes.constant(1), s.origin);
  },
  take: (s, x) => {
    const [axis] = x.type.axes;
    if (axis === undefined) return undefined;
    const other = s.axis("Taken", s.extent(axis) + 1);
    return s.take(x, axis, s.index(other));
  },
  window: (s, x) => {
    const [axis] = x.type.axes;
    if (axis === undefined || s.extent(axis) < 2) return undefined;
    const shape = {
      outer: s.axis("Place", s.extent(axis)),
      inner: s.axis("Kernel", 2),
      stride: s.sizes.constant(1),
      pad: s.sizes.constant(1),
      dilate: s.sizes.constant(1),
    };
    return move.window(s.build, x, axis, shape, s.origin);
  },
  sum: (s, x) => x.type.axes[0] && s.sum(x, x.type.axes[0]),
  max: (s, x) => {
    const axis = x.type.axes.at(-1);
    return axis && s.max(x, axis);
  },
  put: (s, x) => {
    const [axis, ...rest] = x.type.axes;
    if (axis === undefined) return undefined;
    return s.put(x, axis, s.number(0, "i32"), s.input("second", rest));
  },
  arithmetic: (s, x) => s.erf(x),
};

/** A tensor with something put into it: by row, by row and batch, or along the axis itself. */
function putSomewhere(s: Sketch, isState: boolean, way: number): Value {
  const [b, n, d] = [s.axis("B", 2), s.axis("N", 4), s.axis("D", 3)] as [Axis, Axis, Axis];
  const k = s.axis("K", 3);
  const base = isState ? s.state("cache", [b, n, d]) : s.input("x", [b, n, d]);
  const axes = [[k], [k, b], [n]][way] ?? [];
  const at = s.input("at", axes, "i32");
  const values = s.input("values", way === 2 ? [b, n, d] : [b, k, d]);
  return s.put(base, n, at, values);
}

function compare(s: Sketch, outputs: Readonly<Record<string, Value>>, seed: number): void {
  const graph = s.graph(outputs);
  const stored = [...graph.inputs, ...graph.stored];
  const feeds = new Map(
    stored.map(({ value }, n) => {
      const range = value.type.element === "i32" ? ([-1, 4] as const) : undefined;
      const data = numbersFor(value, s.extent, seed + n, range);
      return [value, { type: value.type, data }] as const;
    }),
  );
  compareKernels(graph, optimize(graph, s), s.extent, feeds, {});
}

describe.each([0, 1, 2])("put in way %i, then", (way) => {
  test.each(Object.entries(views))("%s", (_name, view) => {
    for (const isState of [false, true]) {
      for (const keepsPut of [false, true]) {
        const s = new Sketch();
        const whole = putSomewhere(s, isState, way);
        if (isState) s.store(whole.inputs[0] as Value, whole);
        const seen = view(s, whole, () => 0.5);
        expect(seen).toBeDefined();
        if (seen === undefined) return;
        compare(s, keepsPut ? { seen, whole } : { seen }, way);
      }
    }
  });
});

test.each(Array.from({ length: 150 }, (_, seed) => seed))("random views of a put, %i", (seed) => {
  const next = generator(seed);
  const s = new Sketch();
  const whole = putSomewhere(s, next() < 0.3, seed % 3);
  const list = Object.values(views);
  const outputs: Value[] = [];
  let seen = whole;
  for (let step = 0; step < 2 + Math.floor(next() * 3); step++) {
    const made = list[Math.floor(next() * list.length)]?.(s, seen, next);
    const count = made?.type.axes.reduce((all, axis) => all * s.extent(axis), 1) ?? 0;
    if (made === undefined || count > 2000 || made.op === "put") continue;
    seen = made;
    if (next() < 0.4) outputs.push(seen);
  }
  if (next() < 0.3) outputs.push(whole);
  outputs.push(seen);
  compare(s, Object.fromEntries(outputs.map((value, n) => [`out${n}`, value])), seed);
});
