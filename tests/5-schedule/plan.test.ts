import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { sketchVit } from "../support/graphs/sketch-vit.ts";
import { fuseGraph, programOf } from "../support/kernels/fuse-graph.ts";

const rowMajor = () => ({ kind: "row-major" }) as const;

/** Kernel n writes tensor n + 1 and reads what `reads` says; tensor 0 is the input. */
function chain(sizes: readonly number[], reads: readonly (readonly number[])[]): KernelProgram {
  const tensors = sizes.map(
    (size, id): KernelTensor => ({
      id,
      name: `t${id}`,
      role: id === 0 ? "input" : id === sizes.length - 1 ? "output" : "intermediate",
      shape: [size],
      storage: "f32",
    }),
  );
  const kernels = reads.map((read, n): Kernel => {
    const grid = [{ id: loopId(0), name: "N", extent: sizes[n + 1] ?? 1 }];
    const zero: Expr = { kind: "constant", type: "i32", value: 0 };
    const value = read
      .map((tensor): Expr => ({ kind: "load", tensor, at: [zero], type: "f32" }))
      .reduce((a, b): Expr => ({ kind: "call", fn: "add", args: [a, b], type: "f32" }));
    const at: Expr = { kind: "axis", axis: loopId(0), extent: sizes[n + 1] ?? 1, type: "i32" };
    const stores = [{ tensor: n + 1, at: [at], value }];
    return {
      name: `k${n}`,
      engine: { kind: "map", grid },
      stores,
      holds: [],
      places: [],
      endsBecause: "",
    };
  });
  return programOf(tensors, kernels);
}

test("a chain needs two tensors at a time, in two arenas", () => {
  const program = chain([64, 64, 64, 64, 64, 64], [[0], [1], [2], [3], [4]]);
  const plan = planMemory(program, rowMajor, portableProfile);
  verifyPlan(program, plan);
  expect(plan.summary.arenaBytes).toBe(2 * 256);
  expect(plan.summary.lowerBound).toBe(2 * 256);
});

const randomProgram = fc
  .array(
    fc.tuple(fc.integer({ min: 1, max: 400 }), fc.array(fc.nat(), { minLength: 1, maxLength: 3 })),
    {
      minLength: 1,
      maxLength: 25,
    },
  )
  .map((kernels) => {
    const sizes = [16, ...kernels.map(([size]) => size)];
    const reads = kernels.map(([, picks], n) => [
      ...new Set([n, ...picks.map((pick) => pick % (n + 1))]),
    ]);
    return chain(sizes, reads);
  });

test("every plan of random programs is right and not far from the bound", () => {
  fc.assert(
    fc.property(randomProgram, (program) => {
      const plan = planMemory(program, rowMajor, portableProfile);
      verifyPlan(program, plan);
      expect(plan.summary.arenaBytes).toBeGreaterThanOrEqual(plan.summary.lowerBound);
    }),
    { numRuns: 300, seed: 3 },
  );
});

test("a plan in which two living tensors lie at one place is refused", () => {
  const program = chain([64, 64, 64, 64], [[0], [1], [1, 2]]);
  const plan = planMemory(program, rowMajor, portableProfile);
  const [, one] = plan.tensors;
  const tensors = plan.tensors.map((tensor, n) =>
    n === 2 && one !== undefined ? { ...tensor, buffer: one.buffer, offset: one.offset } : tensor,
  );
  expect(() => verifyPlan(program, { ...plan, tensors })).toThrow("live at one place");
});

test("weights are grouped in buffers and never cut", () => {
  const program = chain([64, 100, 64, 64], [[0], [1], [2]]);
  const tensors = program.tensors.map((tensor) =>
    tensor.role === "intermediate" ? { ...tensor, role: "parameter" as const } : tensor,
  );
  const plan = planMemory(programOf(tensors, []), rowMajor, {
    ...portableProfile,
    maxBufferSize: 600,
  });
  expect(
    plan.buffers.filter(({ role }) => role === "parameters").map(({ bytes }) => bytes),
  ).toEqual([512, 256]);
});

describe("InternViT", () => {
  const sizes = { batch: 1, grid: 4, patch: 2, heads: 4, head: 16, hidden: 256, depth: 6 };
  const { sketch, graph } = sketchVit(sizes);
  const program = fuseGraph(optimize(graph, sketch), sketch.extent);
  const plan = planMemory(program, rowMajor, portableProfile);

  test("its plan is right, and stays within a seventh of the bound", () => {
    verifyPlan(program, plan);
    expect(plan.summary.arenaBytes).toBeLessThanOrEqual((plan.summary.lowerBound * 8) / 7);
  });

  test("more layers need no more memory", () => {
    const deeper = sketchVit({ ...sizes, depth: 12 });
    const fused = fuseGraph(optimize(deeper.graph, deeper.sketch), deeper.sketch.extent);
    const larger = planMemory(fused, rowMajor, portableProfile);
    expect(larger.summary.arenaBytes).toBe(plan.summary.arenaBytes);
  });
});
