import { describe, expect, test } from "vitest";
import { reverseMode } from "../../compiler/3-differentiate/reverse-mode.ts";
import { ExprEvaluator } from "../../compiler/ir/expr/evaluate-expr.ts";
import { axisIndex } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import type { Axis, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import { input } from "../../compiler/ops/build/build.ts";
import { isFloat } from "../../compiler/ops/build/type-rules.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { scalarOf } from "../../compiler/ops/lowering.ts";
import { ops } from "../../compiler/ops/registry.ts";
import { opSamples, type PreparedSample } from "../support/graphs/op-samples.ts";
import { generator } from "../support/graphs/random-tensors.ts";

const samples = opSamples();

describe("every operation", () => {
  test("is documented and sampled", () => {
    for (const op of ops.values()) {
      expect(op.doc, op.name).toMatch(/\.$/);
      if (op.lowering.kind !== "storage") expect(op.samples.length, op.name).toBeGreaterThan(0);
    }
  });

  test("either has a gradient rule or says why not", () => {
    for (const op of ops.values()) {
      if (typeof op.gradient === "string") expect(op.gradient.length, op.name).toBeGreaterThan(20);
    }
  });
});

describe("the reference has the inferred type", () => {
  test.each(samples)("$name", (sample) => {
    const { value, extent } = sample;
    const result = referenceOf(sample);
    expect(result.type.element).toBe(value.type.element);
    expect(result.type.axes.map((axis) => axis.name)).toEqual(
      value.type.axes.map((axis) => axis.name),
    );
    const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
    expect(result.data.length).toBe(count);
    expect([...result.data].every((x) => Number.isFinite(x))).toBe(true);
  });
});

describe("the element rule says what the reference says", () => {
  const withRule = samples.filter(({ op }) => op.lowering.kind === "element");
  test.each(withRule)("$name", (sample) => {
    const expected = referenceOf(sample).data;
    const found = evaluateElements(sample);
    const tolerance = toleranceOf(sample.value);
    expect(found.length).toBe(expected.length);
    for (const [n, x] of found.entries()) {
      const wanted = expected[n] ?? Number.NaN;
      expect(Math.abs(x - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
    }
  });
});

describe("the gradient rule agrees with central differences", () => {
  const differentiable = samples.filter(
    ({ op, value }) =>
      typeof op.gradient !== "string" &&
      isFloat(value.type.element) &&
      value.inputs.some((input) => isFloat(input.type.element)),
  );
  test("for most operations", () => {
    expect(new Set(differentiable.map(({ op }) => op.name)).size).toBeGreaterThan(35);
  });
  test("and stop_gradient lets nothing through", () => {
    const stopped = samples.filter(({ op }) => op.name === "stop_gradient");
    expect(stopped.length).toBeGreaterThan(0);
    for (const { build, value } of stopped) {
      const seeds = new Map([[value, value]]);
      const [wanted] = value.inputs;
      if (wanted === undefined) throw new Error("no input");
      expect(reverseMode({ build, seeds, wanted: [wanted] }).has(wanted)).toBe(false);
    }
  });
  test.each(differentiable)("$name", (sample) => {
    const next = generator(7);
    for (const value of sample.value.inputs) {
      if (!isFloat(value.type.element)) continue;
      for (let direction = 0; direction < 2; direction++) expectSlope(sample, value, next);
    }
  });
});

function referenceOf({ value, feeds, extent }: PreparedSample): ReferenceTensor {
  const result = interpretGraph([value], feeds, extent).get(value);
  if (result === undefined) throw new Error("no result");
  return result;
}

/** Random direction against the gradient of a random weighting of the result. */
function expectSlope(sample: PreparedSample, wanted: Value, next: () => number): void {
  const { build, value, feeds, extent } = sample;
  const seed = input(build, "seed", value.type, value.origin);
  const gradients = reverseMode({ build, seeds: new Map([[value, seed]]), wanted: [wanted] });
  const gradient = gradients.get(wanted);
  const noise = (like: Float64Array): Float64Array => like.map(() => 2 * next() - 1);
  const weights = noise(referenceOf(sample).data);
  const at = feeds.get(wanted)?.data ?? new Float64Array();
  const direction = noise(at);

  const step = 1e-5;
  const lossAt = (distance: number): number => {
    const data = at.map((x, n) => x + distance * (direction[n] ?? 0));
    const moved = new Map(feeds).set(wanted, { type: wanted.type, data });
    return dot(referenceOf({ ...sample, feeds: moved }).data, weights);
  };
  const expected = (lossAt(step) - lossAt(-step)) / (2 * step);

  if (gradient === undefined) {
    expect(Math.abs(expected)).toBeLessThan(1e-9);
    return;
  }
  const given = new Map(feeds).set(seed, { type: value.type, data: weights });
  const found = interpretGraph([gradient], given, extent).get(gradient)?.data ?? new Float64Array();
  expect(found.length).toBe(at.length);
  const slope = dot(found, direction);
  const scale = found.reduce((total, x, n) => total + Math.abs(x * (direction[n] ?? 0)), 1e-3);
  expect(Math.abs(slope - expected) / scale).toBeLessThan(1e-6);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, x, n) => total + x * (b[n] ?? 0), 0);
}

/** Storage in a narrow float rounds, which references do not. */
function toleranceOf({ type }: Value): number {
  if (type.element === "f16") return 2 ** -11;
  return type.element === "bf16" ? 2 ** -8 : 1e-12;
}

function evaluateElements({ op, value, extent, feeds }: PreparedSample): readonly number[] {
  if (op.lowering.kind !== "element") throw new Error("no element rule");
  const tensors = value.inputs.map(
    (input, id): KernelTensor => ({
      id,
      name: `in${id}`,
      role: "input",
      shape: input.type.axes.map((axis) => extent(axis)),
      storage: "f32",
    }),
  );
  const data = new Map(
    value.inputs.map((input, n) => [n, feeds.get(input)?.data ?? new Float64Array()]),
  );
  const evaluator = new ExprEvaluator(tensors, data, { seed: 0, step: 0 });
  const axes = value.type.axes.map((axis) => ({
    id: axis.id,
    name: axis.name,
    extent: extent(axis),
  }));
  const element = op.lowering.element({
    attrs: value.attrs,
    type: value.type,
    inputTypes: value.inputs.map((input) => input.type),
    extent,
    at: (axis) => axisIndex(axis.id, extent(axis)),
    input: (n, at) => loadOf(value, n, at),
  });
  const evaluate = evaluator.compile(element);
  const found: number[] = [];
  evaluator.loop(axes, () => found.push(evaluate()));
  return found;
}

function loadOf(value: Value, tensor: number, at: (axis: Axis) => Expr): Expr {
  const type = value.inputs[tensor]?.type;
  if (type === undefined) throw new Error("no such input");
  return { kind: "load", tensor, at: type.axes.map(at), type: scalarOf(type.element) };
}
