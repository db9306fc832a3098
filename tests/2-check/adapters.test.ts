import { describe, expect, test } from "vitest";
import { everything } from "../../compiler/2-check/core/checker.ts";
import { stepGraph } from "../../compiler/2-check/modes/step-graph.ts";
import type { CheckedPlan, CheckedStage } from "../../compiler/2-check/stages/checked-stage.ts";
import { elaborateStage } from "../../compiler/2-check/stages/elaborate-stage.ts";
import { reachFrom } from "../../compiler/3-differentiate/reach.ts";
import type { Graph, Value } from "../../compiler/ir/graph/graph.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { valuesInOrder } from "../../compiler/ops/values-in-order.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { checkText } from "../support/texts/check-text.ts";

const model = `
import { Linear, SelfAttention } from "std/layers"
import { Sgd } from "std/optimizers"

model Net {
  axis N = 3
  axis D = 4
  use attn = SelfAttention<D>(heads: 2)
  use head = Linear<D, 5>()
  mode forward(x: f32[B, N, D]) -> [B, N, head.Out] { head(attn(real(x))) }
}
`;

function stagesOf(entries: string): readonly CheckedStage[] {
  const text = `${model}
stage s of Net(x: f32[B, N, D]) {
  optimizer Sgd()
  batch 4
  steps 3
  loss { f32(mean{B, N, head.Out}(forward(x) ^ 2)) }
  ${entries}
}`;
  const { program, sink } = checkText(text);
  expect(sink.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  return program.stages;
}

function plansOf(entries: string): readonly CheckedPlan[] {
  return stagesOf(entries).flatMap(({ plans }) => plans);
}

function planOf(entries: string): CheckedPlan {
  const [plan] = plansOf(entries);
  if (plan === undefined) throw new Error("no plan");
  return plan;
}

/** The mode of the model that the plan has made. */
function forwardOf({ model: { checker, instance } }: CheckedPlan): {
  readonly graph: Graph;
  readonly run: (
    data: (path: string) => readonly number[],
    x: readonly number[],
  ) => readonly number[];
} {
  const callable = instance.modes.get("forward")?.steps[0];
  if (callable === undefined) throw new Error("no mode");
  const shared = { axes: new Map(), starts: new Map() };
  const entered = { ...checker, known: everything };
  const graph = stepGraph(entered, { instance, callable, name: "forward", shared });
  const [output] = graph?.outputs ?? [];
  if (graph === undefined || output === undefined) throw new Error("no graph");
  const extent = extentOf(checker.sizes, new Map(graph.freeAxes.map(({ size }) => [size, 2])));
  return {
    graph,
    run: (data, x) => {
      const feeds = new Map<Value, ReferenceTensor>();
      const give = (value: Value, numbers: readonly number[]) =>
        feeds.set(value, { type: value.type, data: Float64Array.from(numbers) });
      for (const { value } of graph.inputs) give(value, x);
      for (const { path, value } of graph.stored) give(value, data(path));
      return [...(interpretGraph([output.value], feeds, extent).get(output.value)?.data ?? [])];
    },
  };
}

const shapes: Readonly<Record<string, readonly [number, number]>> = {
  "attn.qkv.weight": [12, 4],
  "attn.qkv.bias": [12, 1],
  "attn.proj.weight": [4, 4],
  "attn.proj.bias": [4, 1],
  "head.weight": [5, 4],
  "head.bias": [5, 1],
  "attn.qkv.lora_down.weight": [2, 4],
  "attn.qkv.lora_up.weight": [12, 2],
  "head.lora_down.weight": [2, 4],
  "head.lora_up.weight": [5, 2],
};
const next = generator(3);
const numbers = new Map(
  Object.entries(shapes).map(([path, [rows, columns]]) => [
    path,
    Array.from({ length: rows * columns }, () => 2 * next() - 1),
  ]),
);
const dataOf = (path: string): readonly number[] => {
  const found = numbers.get(path);
  if (found === undefined) throw new Error(`no data for ${path}`);
  return found;
};
const input = Array.from({ length: 24 }, () => 2 * next() - 1);

/** The weight with its adapter in it: `W + alpha / rank * up down`. */
function merged(path: string): readonly number[] {
  const stem = path.replace(/\.weight$/, "");
  const [up, down] = [
    numbers.get(`${stem}.lora_up.weight`),
    numbers.get(`${stem}.lora_down.weight`),
  ];
  if (up === undefined || down === undefined) return dataOf(path);
  return dataOf(path).map((w, n) => {
    const [row, column] = [Math.floor(n / 4), n % 4];
    const product = [0, 1].reduce(
      (sum, r) => sum + (up[row * 2 + r] ?? 0) * (down[r * 4 + column] ?? 0),
      0,
    );
    return w + (6 / 2) * product;
  });
}

const adapted = "adapt attn.qkv, head with lora(rank: 2, alpha: 6)";

describe("a model with adapters", () => {
  test("gives what the merged weights give", () => {
    const plan = planOf(`${adapted}\ntrain adapters at lr 1e-3\nfreeze everything else`);
    const plain = planOf("train everything else at lr 1e-3");
    const found = forwardOf(plan).run(dataOf, input);
    const wanted = forwardOf(plain).run(merged, input);
    expect(found.length).toBe(30);
    for (const [n, x] of found.entries()) expect(x).toBeCloseTo(wanted[n] ?? Number.NaN, 12);
    expect(forwardOf(plain).run(dataOf, input)).not.toEqual(wanted);
  });

  test("stores a pair beside each weight, of which the second starts at 0", () => {
    const { graph } = forwardOf(
      planOf(`${adapted}\ntrain adapters at lr 1e-3\nfreeze everything else`),
    );
    const sizes = graph.stored.map(({ path, dimensions }) => [
      path,
      dimensions.map(({ name }) => name),
    ]);
    expect(sizes).toContainEqual(["attn.qkv.lora_down.weight", ["Out", "In"]]);
    expect(sizes).toContainEqual(["attn.qkv.lora_up.weight", ["(Three, Heads, Head)", "In"]]);
    expect(sizes.filter(([path]) => String(path).includes("lora"))).toHaveLength(4);
    for (const { path, init } of graph.stored.filter(({ path }) => path.includes("lora"))) {
      const isZero = isZeroEverywhere(init);
      expect(isZero, path).toBe(path.endsWith("lora_up.weight"));
    }
  });

  test("selects them by `adapters`, by their paths and with what they stand in", () => {
    const groups = (entries: string) =>
      planOf(`${adapted}\n${entries}\nfreeze everything else`).groups.map(({ parameters }) =>
        parameters.map(({ path }) => path),
      );
    const four = [
      "attn.qkv.lora_down.weight",
      "attn.qkv.lora_up.weight",
      "head.lora_down.weight",
      "head.lora_up.weight",
    ];
    expect(groups("train adapters at lr 1.0")[0]).toEqual(four);
    expect(groups("train attn.qkv.lora_down at lr 1.0\ntrain adapters at lr 1.0")[1]).toEqual(
      four.slice(1),
    );
    expect(groups("train head at lr 1.0")[0]).toEqual([
      "head.weight",
      "head.bias",
      ...four.slice(2),
    ]);
  });

  test("is the model of its own plan alone", () => {
    const [before, after] = plansOf(`
  phase before until steps 3 { train head at lr 1.0
    freeze everything else }
  phase after until steps 6 { ${adapted}
    adapt attn with lora(rank: 1, alpha: 1)
    train adapters at lr 1.0
    freeze everything else }`);
    if (before === undefined || after === undefined) throw new Error("two plans");
    expect(forwardOf(before).graph.stored).toHaveLength(6);
    expect(forwardOf(after).graph.stored).toHaveLength(12);
    // The first line has taken `attn.qkv`.
    expect(after.adapters.map(({ targets }) => targets.map(({ path }) => path))).toEqual([
      ["attn.qkv", "head"],
      ["attn.proj"],
    ]);
  });
});

test("a stage reaches the adapters alone, and draws for their dropout", () => {
  const [stage] = stagesOf(
    "adapt attn.qkv, head with lora(rank: 2, alpha: 6, dropout: 0.5)\ntrain adapters at lr 1e-3\nfreeze everything else",
  );
  const [plan] = stage?.plans ?? [];
  if (stage === undefined || plan === undefined) throw new Error("no plan");
  const elaborated = elaborateStage({ stage, plan, sizesOf: () => ({}), reach: reachFrom });
  expect(
    elaborated?.groups.flatMap(({ parameters }) => parameters.map(({ path }) => path)),
  ).toEqual(Object.keys(shapes).filter((path) => path.includes("lora")));
  expect(elaborated?.groups.flatMap(({ unreached }) => unreached)).toEqual([]);
  const values = valuesInOrder((elaborated?.graph.outputs ?? []).map(({ value }) => value));
  expect(values.filter(({ op }) => op.endsWith("uniform"))).toHaveLength(2);
});

/** Whether a first value is one number for all places, and 0; random numbers are made of other operations. */
function isZeroEverywhere({ op, attrs, inputs }: Value): boolean {
  if (op === "constant") return attrs.value === 0;
  return (op === "expand" || op === "convert") && inputs.every(isZeroEverywhere);
}
