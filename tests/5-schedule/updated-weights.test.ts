import { describe, expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { type BuildOptions, buildProgram } from "../../compiler/pipeline.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { artifactOfSteps } from "../support/graphs/sketch-artifact.ts";
import { trainingSteps } from "../support/graphs/sketch-training.ts";
import { expectSameMeaning } from "../support/kernels/compare-kernels.ts";
import { graphics, software } from "../support/profiles.ts";

function trained(options: Partial<BuildOptions> = {}): Artifact {
  return artifactOfSteps(trainingSteps().steps, {
    precision: "f32",
    profile: graphics,
    ...options,
  });
}

/** No dispatch binds one buffer for reading and for writing. */
function expectOneAccess({ program }: Artifact): void {
  for (const { tensors, kernel } of program.dispatches) {
    const access = new Map<number, string>();
    tensors.forEach((tensor, n) => {
      const buffer = program.tensors[tensor]?.buffer ?? -1;
      const own = program.kernels[kernel]?.bindings[n]?.access ?? "";
      expect(access.get(buffer) ?? own).toBe(own);
      access.set(buffer, own);
    });
  }
}

describe("parameters that a step stores to", () => {
  test("mean in kernels what they mean in the graph", () => {
    const [apply] = trainingSteps().steps;
    if (apply === undefined) throw new Error("there is no step");
    const program = expectSameMeaning(apply.graph, apply.extent);
    const roles = program.tensors.flatMap(({ name, role }) =>
      name.startsWith("linear.") || name.startsWith("optimizer.") ? [role] : [],
    );
    expect(roles).toEqual(["state", "state", "state"]);
  });

  test("are one tensor with a buffer of its own in all steps, also where a step only reads them", () => {
    const artifact = trained();
    expect(
      artifact.stored.map(({ path, kind, lifetime, writtenBy }) => [
        path,
        kind,
        lifetime,
        writtenBy,
      ]),
    ).toEqual([
      ["linear.weight", "param", "saved", ["apply"]],
      ["linear.bias", "param", "saved", ["apply"]],
      ["optimizer.m.linear.weight", "state", "saved", ["apply"]],
    ]);
    const { tensors, buffers, plan } = artifact.program;
    const places = artifact.stored.map(({ tensor }) => tensors[tensor]?.buffer ?? -1);
    expect(new Set(places).size).toBe(3);
    expect(places.map((place) => buffers[place]?.role)).toEqual(["states", "states", "states"]);
    expect([plan.weightBytes, plan.stateBytes]).toEqual([0, 2 * 7680 + 256]);
    expectOneAccess(artifact);
  });

  test("are not packed where weights that are only read are", () => {
    const packings = (isUpdated: boolean): readonly string[] => {
      const s = new Sketch();
      const [b, inner, outer] = [s.axis("B", 64), s.axis("In", 128), s.axis("Out", 128)];
      const weight = s.parameter("w", [outer, inner]);
      if (isUpdated) s.store(weight, s.mul(weight, 0.5));
      const y = s.sum(s.mul(s.input("x", [b, inner]), weight), inner);
      const step = { name: "step", graph: s.graph({ y }), build: s.build, extent: s.extent };
      const { program } = buildProgram([step], { precision: "f32", profile: software });
      return program.tensors.flatMap(({ name, packing }) => (name === "w" ? [packing.kind] : []));
    };
    expect(packings(true)).toEqual(["row-major"]);
    expect(packings(false)).not.toEqual(["row-major"]);
  });

  test("are cut where no binding holds them", () => {
    const profile = { ...graphics, maxStorageBufferBindingSize: 2048 };
    const artifact = trained({ profile });
    const bound = new Set(artifact.program.dispatches.flatMap(({ tensors }) => tensors));
    for (const tensor of bound)
      expect(artifact.program.tensors[tensor]?.bytes).toBeLessThanOrEqual(2048);
    expect(artifact.stored.map(({ parts }) => parts)).toEqual([undefined, undefined, undefined]);
    expectOneAccess(artifact);
  });

  test("cannot be quantised", () => {
    expect(() => trained({ quantize: "int8" })).toThrow(
      "linear.weight (sketch.weft:1) is updated in place and cannot be quantised",
    );
  });

  test("stay on the device where there is a budget, and are told of where it is too small", () => {
    const { steps } = trainingSteps();
    const { overBudget, program } = buildProgram(steps, {
      precision: "f32",
      profile: graphics,
      memory: 4096,
    });
    const names = overBudget?.tensors.map((tensor) => program.tensors[tensor]?.name);
    expect(names).toEqual(["linear.weight", "linear.bias", "optimizer.m.linear.weight"]);
    expect(program.streaming).toBeUndefined();
  });

  test("are refused by the plan's verifier where they are packed", () => {
    const [apply] = trainingSteps().steps;
    if (apply === undefined) throw new Error("there is no step");
    const program = expectSameMeaning(apply.graph, apply.extent);
    const packing = { kind: "transposed", rows: 48, columns: 40, stride: 48 } as const;
    const weight = program.tensors.findIndex(({ name }) => name === "linear.weight");
    const plan = planMemory(
      program,
      (tensor) => (tensor === weight ? packing : { kind: "row-major" }),
      graphics,
    );
    expect(() => verifyPlan(program, plan)).toThrow(
      /linear\.weight is updated in place and packed/,
    );
  });
});
