import { expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { lifetimesOf } from "../../compiler/5-schedule/memory/tensor-lifetimes.ts";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { readsOf } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";

function layerNorm(s: Sketch, x: Value, axis: Axis): Value {
  const centred = s.sub(x, s.mean(x, axis));
  const scale = s.rsqrt(s.add(s.mean(s.mul(centred, centred), axis), 1e-6));
  const normed = s.mul(centred, scale);
  return s.add(s.mul(s.parameter("weight", [axis]), normed), s.parameter("bias", [axis]));
}

function gelu(s: Sketch, x: Value): Value {
  return s.mul(s.mul(x, 0.5), s.add(s.erf(s.div(x, Math.SQRT2)), 1));
}

/** Residual blocks of a norm and two products with an activation between them, and their gradients. */
function blocks(depth: number, maxTensors: number): KernelProgram {
  const s = new Sketch();
  const [b, d, e] = [s.axis("B", 6), s.axis("D", 5), s.axis("E", 9)];
  const hidden = s.twin("Hidden", e);
  const out = s.twin("Out", d);
  const [x, at] = [s.input("x", [b, d]), s.input("at", [b, d])];
  let y = x;
  const weights: Value[] = [];
  for (let n = 0; n < depth; n++) {
    s.path = `blocks.${n}`;
    const [up, down] = [s.parameter("up", [hidden, d]), s.parameter("down", [out, hidden])];
    weights.push(up, down);
    const wide = gelu(s, s.sum(s.mul(layerNorm(s, y, d), up), d));
    y = s.add(y, s.rename(s.sum(s.mul(wide, down), hidden), out, d));
  }
  const gradients = reverseMode({ build: s.build, seeds: new Map([[y, at]]), wanted: weights });
  const results = weights.map((weight, n) => [`gradient ${n}`, gradients.get(weight) as Value]);
  const graph = s.graph({ y, ...Object.fromEntries(results) });
  const feeds = randomFeeds(graph, s.extent);
  return compareKernels(graph, optimize(graph, s), s.extent, feeds, { maxTensors });
}

/** Elements for each row that are kept when the backward pass begins: when it reads what it begins with. */
function keptPerRow(program: KernelProgram): number {
  const { kernels, tensors } = program;
  const seed = tensors.find(({ name }) => name === "at")?.id ?? -1;
  const turn = kernels.findIndex((kernel) => readsOf(kernel).includes(seed));
  const lifetimes = lifetimesOf(program);
  return tensors
    .filter(({ role }) => role === "intermediate")
    .filter(({ id }) => {
      const life = lifetimes.get(id);
      return life !== undefined && life.first < turn && life.last > turn;
    })
    .reduce((sum, { shape }) => sum + shape.reduce((a, c) => a * c, 1) / 6, 0);
}

test("of a block its centred rows, their scales and what its activation is of are kept", () => {
  const [two, three] = [2, 3].map((depth) => blocks(depth, 12));
  if (two === undefined || three === undefined) throw new Error("no programs");
  // x - mean, its scale, of which the slope is made, and the sum before the activation.
  expect(keptPerRow(three) - keptPerRow(two)).toBe(5 + 1 + 9);
  // What products read again is stored beside what is computed at the same elements: no kernel of its own.
  expect(three.kernels.length - two.kernels.length).toBe(8);
  const again = three.tensors.filter(({ name }) => name.endsWith(" again"));
  expect(again.length).toBe(2 * 3 - 1);
});

test("where a kernel can bind no more, products read what the forward pass stored", () => {
  const program = blocks(3, 6);
  const again = program.tensors.filter(({ name }) => name.endsWith(" again"));
  expect(again.length).toBeLessThan(2 * 3 - 1);
});
