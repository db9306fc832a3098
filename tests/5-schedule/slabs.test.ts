import { describe, expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { Graph, Value } from "../../compiler/ir/graph/graph.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { tensorsOfKernel, writesOf } from "../../compiler/ir/kernel/kernel-tensors.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import type { Extent, ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import {
  netPolicies,
  netRecord,
  netSizes,
  netStage,
  netWeights,
} from "../support/models/trained-net.ts";
import { trainingSteps } from "../support/models/training-steps.ts";
import { graphics, software } from "../support/profiles.ts";

const cases: readonly (readonly [string, string, number])[] = [
  ["AdamW()", netPolicies.decayed, 2],
  ["AdamW()", netPolicies.byLayer, 2],
  ["Sgd(momentum: 0.9, nesterov: true)", netPolicies.plain, 1],
  ["Lion()", netPolicies.byLayer, 2],
  // It asks for the length of each parameter.
  ["Lamb()", netPolicies.decayed, 0],
];

/** The step, in slabs as the device binds them, or every parameter by itself. */
function stepOf(optimizer: string, policy: string, slabs: "joint" | "single" = "joint") {
  const profile = { ...graphics, ...(slabs === "single" && { maxStorageBufferBindingSize: 0 }) };
  const { steps, ...own } = trainingSteps({ ...netStage(optimizer, policy), profile });
  const [step] = steps;
  if (step === undefined) throw new Error("there is no step");
  return { steps, ...own, graph: step.graph, extent: step.extent };
}

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
    const [joint, single] = [stepOf(optimizer, more), stepOf(optimizer, more, "single")];
    expect([slabsOf(joint.graph), slabsOf(single.graph)]).toEqual([slabs, 0]);
    const [all, each] = [new StepRun(joint, netWeights), new StepRun(single, netWeights)];
    for (let turn = 0; turn < 3; turn++) {
      const one = all.call("step", netRecord(turn), netSizes);
      const two = each.call("step", netRecord(turn), netSizes);
      for (const [name, found] of Object.entries(one)) expectClose(found, two[name] ?? []);
    }
    const saved = joint.graph.stored.map(({ path }) => path);
    expect(saved.toSorted()).toEqual(single.graph.stored.map(({ path }) => path).toSorted());
    for (const path of saved) expectClose(all.state(path), each.state(path));
  });

  test.each(devices)("means the same in kernels, on %s", (_, device) => {
    const { graph, extent } = stepOf(optimizer, more);
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

test.each(devices)(
  "gradients that pieces add up lie in slabs in all steps, on %s",
  (_, profile) => {
    const request = netStage("AdamW()", netPolicies.byLayer, "3 by 1");
    // The plan is proven while it is made.
    const { artifact } = compileStage({ ...request, profile });
    const tensors = artifact?.program.tensors ?? [];
    const stored = artifact?.stored.filter(({ path }) => path.startsWith("batch.gradients.")) ?? [];
    expect(stored).toHaveLength(11);
    const buffers = new Set(stored.map(({ tensor }) => tensors[tensor]?.buffer));
    expect([...buffers].map((buffer) => artifact?.program.buffers[buffer ?? -1]?.name)).toEqual(
      expect.arrayContaining(["state gradients slab 0", "state gradients slab 1"]),
    );
    expect(buffers.size).toBe(2);
  },
);

describe("what would be wrong with a slab is found", () => {
  const program = (): KernelProgram => {
    const { graph, extent } = stepOf("AdamW()", netPolicies.decayed);
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
