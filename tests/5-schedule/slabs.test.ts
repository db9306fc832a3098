import { describe, expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { Graph, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { tensorsOfKernel, writesOf } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import type { Extent, ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { trainingSteps } from "../support/models/training-steps.ts";
import { graphics, software } from "../support/profiles.ts";

const text = (optimizer: string, more: string) => `import { Linear } from "std/layers"
import { AdamW, Lamb, Lion, Sgd } from "std/optimizers"
import { cosine } from "std/schedules"

module Layer<D>() {
  use inner = Linear<D, D>()
  param scale: [D] = 1.0

  fn forward(x: [B, D]) -> [B, D] { x + scale * tanh(inner(x)) }
}

model Net<In = 13, D = 11, Out = 5>() {
  use first = Linear<In, D>()
  repeat i in 0..3 { use layers[i] = Layer<D>() }
  use last = Linear<D, Out>()
  param tempo: f32[] = 0.5

  mode run(x: f32[B, In]) -> f32[B, Out] {
    let y = first(real(x))
    for layer in layers { y = layer(y) }
    f32(last(y)) * exp(tempo)
  }
}

stage fit of Net(x: f32[B, In], y: f32[B, Out]) {
  loss { mean{B, Out}((run(x) - y) ^ 2) }
  optimizer ${optimizer}
  steps 20
  batch 3
  ${more}
}
`;

const plain = "train first, layers, last, tempo at lr 1e-2";
const decayed = `${plain}
  decay 0.1 except vectors
  clip 0.5
  ema 0.9
  schedule cosine(warmup: 2)`;
const byLayer = `train layers at lr 1e-2, layer_decay 0.5
  train first, last, tempo at lr 1e-3
  decay 0.05 except vectors
  clip 1.0`;

const cases: readonly (readonly [string, string, number])[] = [
  ["AdamW()", decayed, 2],
  ["AdamW()", byLayer, 2],
  ["Sgd(momentum: 0.9, nesterov: true)", plain, 1],
  ["Lion()", byLayer, 2],
  // It asks for the length of each parameter.
  ["Lamb()", decayed, 0],
];

const sizes = { B: 3 };
const record = (turn: number) => ({
  x: Array.from({ length: 39 }, (_, n) => Math.sin(7 * n + turn)),
  y: Array.from({ length: 15 }, (_, n) => Math.cos(5 * n + turn)),
});

function stepOf(optimizer: string, more: string, slabBytes: number) {
  const used = /^[A-Za-z]+/.exec(optimizer)?.[0] ?? "";
  const source = text(optimizer, more)
    .replace("AdamW, Lamb, Lion, Sgd", used)
    .replace(more.includes("cosine") ? "" : /import \{ cosine .*\n/, "");
  const loader = memoryLoader("fit.weft", source);
  const profile = { ...software, maxStorageBufferBindingSize: slabBytes };
  return trainingSteps({
    entry: "fit.weft",
    loader,
    stage: "fit",
    purpose: "train",
    sizes,
    profile,
  });
}

const weights = (path: string, value: Value, extent: Extent): readonly number[] => {
  const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
  return Array.from({ length: count }, (_, n) => 0.3 * Math.sin(3 * n + path.length));
};

const slabsOf = ({ stored }: Graph): number =>
  new Set(stored.flatMap(({ kind, next }) => (kind === "param" ? slabOf(next) : []))).size;

/** What a new value is a part of. */
function slabOf({ op, inputs }: Value): readonly Value[] {
  return op === "slab_part" ? inputs : [];
}

/** Second moments are no less than 0. */
function feedsFor(graph: Graph, extent: Extent): ReadonlyMap<Value, ReferenceTensor> {
  const feeds = new Map(randomFeeds(graph, extent));
  for (const { path, value } of graph.stored) {
    const given = feeds.get(value);
    if (given === undefined) continue;
    const isCount = value.type.element === "i32";
    if (isCount || path.startsWith("optimizer.v"))
      feeds.set(value, { ...given, data: given.data.map((x) => (isCount ? 3 : x * x)) });
  }
  return feeds;
}

const devices: readonly (readonly [string, DeviceProfile])[] = [
  ["8 tensors a kernel", { ...graphics, maxStorageBuffersPerShaderStage: 8 }],
  ["a software adapter", { ...software, maxStorageBuffersPerShaderStage: 16 }],
];

describe.each(cases)("%s %#", (optimizer, more, slabs) => {
  test("updates all parameters as it updates each", () => {
    const [joint, single] = [stepOf(optimizer, more, 2 ** 27), stepOf(optimizer, more, 0)];
    const [step, other] = [joint.steps[0]?.graph, single.steps[0]?.graph];
    if (step === undefined || other === undefined) throw new Error("there is no step");
    expect([slabsOf(step), slabsOf(other)]).toEqual([slabs, 0]);
    const [all, each] = [new StepRun(joint, weights), new StepRun(single, weights)];
    for (let turn = 0; turn < 3; turn++) {
      const one = all.call("step", record(turn), sizes);
      const two = each.call("step", record(turn), sizes);
      for (const [name, found] of Object.entries(one)) expectClose(found, two[name] ?? []);
    }
    const saved = step.stored.map(({ path }) => path);
    expect(saved.toSorted()).toEqual(other.stored.map(({ path }) => path).toSorted());
    for (const path of saved) expectClose(all.state(path), each.state(path));
  });

  test.each(devices)("means the same in kernels, on %s", (_, device) => {
    const [step] = stepOf(optimizer, more, 2 ** 27).steps;
    if (step === undefined) throw new Error("there is no step");
    const { graph, extent } = step;
    const program = compareKernels(graph, graph, extent, feedsFor(graph, extent), { device });
    verifyPlan(
      program,
      planMemory(program, () => ({ kind: "row-major" }), device),
    );
    for (const kernel of program.kernels)
      expect(tensorsOfKernel(kernel).length).toBeLessThanOrEqual(
        device.maxStorageBuffersPerShaderStage,
      );
    // One kernel for each slab of weights, which updates what is kept of them too.
    const isWhole = (tensor: number): boolean =>
      program.tensors[tensor]?.name.startsWith("weights slab") === true;
    const updates = program.kernels.filter((kernel) => writesOf(kernel).some(isWhole));
    expect(updates).toHaveLength(slabs);
  });
});

describe("what would be wrong with a slab is found", () => {
  const program = (): KernelProgram => {
    const [step] = stepOf("AdamW()", decayed, 2 ** 27).steps;
    if (step === undefined) throw new Error("there is no step");
    const { graph, extent } = step;
    return compareKernels(graph, graph, extent, feedsFor(graph, extent), { device: graphics });
  };
  const named = ({ tensors }: KernelProgram, name: string): number =>
    tensors.findIndex((tensor) => tensor.name === name);
  const prove = (wrong: KernelProgram): void =>
    verifyPlan(
      wrong,
      planMemory(wrong, () => ({ kind: "row-major" }), graphics),
    );

  test("parts that overlap, or leave it", () => {
    const right = program();
    const moved = (by: number): KernelProgram => ({
      ...right,
      tensors: right.tensors.map((tensor) =>
        tensor.name === "layers.1.inner.weight" && tensor.partOf
          ? { ...tensor, partOf: { ...tensor.partOf, first: tensor.partOf.first + by } }
          : tensor,
      ),
    });
    expect(() => verifyKernels(moved(-8), "the test")).toThrow(/overlaps another part of weights/);
    expect(() => verifyKernels(moved(7), "the test")).not.toThrow();
    expect(() => prove(moved(7))).toThrow(/is not aligned/);
    expect(() => verifyKernels(moved(1e6), "the test")).toThrow(/lie outside of it/);
  });

  test("gradients that are read before all of them are made", () => {
    const right = program();
    const part = right.tensors.findLastIndex(({ name }) => name.startsWith("gradients slab 0:"));
    const late = right.kernels.filter((kernel) => writesOf(kernel).includes(part));
    const kernels = [...right.kernels.filter((kernel) => !late.includes(kernel)), ...late];
    expect(() => verifyKernels({ ...right, kernels }, "the test")).toThrow(
      /gradients slab 0 is read before it is made/,
    );
  });

  test("a weight that is read as it was after its slab is updated", () => {
    const right = program();
    const slab = named(right, "weights slab 0");
    const update = right.kernels.filter((kernel) => writesOf(kernel).includes(slab));
    const others = right.kernels.filter((kernel) => !update.includes(kernel));
    const first = others.findIndex((kernel) =>
      kernel.readsBefore?.includes(named(right, "layers.1.inner.weight")),
    );
    expect(first).toBeGreaterThan(-1);
    const kernels = [...others.slice(0, first), ...update, ...others.slice(first)];
    expect(() => prove({ ...right, kernels })).toThrow(/at the wrong time/);
  });
});

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  for (const [n, x] of found.entries())
    expect(Math.abs(x - (wanted[n] ?? Number.NaN))).toBeLessThanOrEqual(
      1e-12 * Math.max(1, Math.abs(x)),
    );
}
