import { describe, expect, test } from "vitest";
import { planMemory } from "../../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../../compiler/5-schedule/memory/verify-plan.ts";
import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import type { Artifact } from "../../../compiler/artifact.ts";
import { parseBytes } from "../../../compiler/cli/options/parse-assignments.ts";
import { type CompileRequest, compile } from "../../../compiler/compile.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { loopId } from "../../../compiler/ir/axis-ids.ts";
import { portableProfile } from "../../../compiler/ir/device-profile.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { Kernel, KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../../compiler/ir/kernel/kernel-tensor.ts";
import { bytesOf } from "../../../compiler/ir/kernel/tensor-address.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const vit = { entry: "models/internvit/internvit.weft", model: "InternViT_tiny", mode: "forward" };
const llama = { entry: "models/llama/llama.weft", model: "Llama_tiny", mode: "generate" };

function compiled(request: Omit<CompileRequest, "loader">) {
  return compile({ ...request, loader: diskLoader(process.cwd()) });
}

function artifactOf(request: Omit<CompileRequest, "loader">): Artifact {
  const { artifact, diagnostics } = compiled(request);
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

function peakOf({ program }: Artifact): number {
  return program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe("a budget", () => {
  const whole = artifactOf(vit);

  test("that all fits in changes nothing", () => {
    const { program } = artifactOf({ ...vit, memory: peakOf(whole) });
    expect(program).toEqual(whole.program);
  });

  test.for([0.3, 0.5, 0.7, 0.95])("of %s of the whole is kept, and used", (share) => {
    const memory = Math.floor(share * peakOf(whole));
    const artifact = artifactOf({ ...vit, memory });
    expect(peakOf(artifact)).toBeLessThanOrEqual(memory);
    expect(peakOf(artifact)).toBeGreaterThan(0.6 * memory);
    const { streaming, plan, dispatches, kernels } = artifact.program;
    expect(new Set(streaming?.groups.map(({ slot }) => slot))).toEqual(new Set([0, 1]));
    expect(plan.weightBytes).toBe(whole.program.plan.weightBytes);
    // The same dispatches of the same kernels: a slot is nothing that a kernel knows of.
    expect(kernels).toEqual(whole.program.kernels);
    expect(dispatches).toEqual(whole.program.dispatches);
  });

  test("that is larger leaves less to be streamed", () => {
    const streamed = [0.3, 0.6, 0.95].map((share) => {
      const { streaming } = artifactOf({ ...vit, memory: share * peakOf(whole) }).program;
      return streaming?.groups.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
    });
    expect(streamed).toEqual(streamed.toSorted((a, b) => b - a));
    expect(new Set(streamed).size).toBe(streamed.length);
  });

  test("of 4 GiB for 6B, whose weights take 11.8 GB in f16, is kept with slots of a layer each", () => {
    const big = { ...vit, model: "InternViT_6B", precision: "f16" as const };
    const memory = 4 * 2 ** 30;
    const artifact = artifactOf({ ...big, memory });
    const { program } = artifact;
    expect(program.plan.weightBytes).toBeGreaterThan(2 * 5_902_793_600 - 1);
    expect(peakOf(artifact)).toBeLessThanOrEqual(memory);
    expect(peakOf(artifact)).toBeGreaterThan(0.9 * memory);
    const slots = program.buffers.filter(({ role }) => role === "slot");
    expect(slots.map(({ name }) => name)).toEqual(["slot 0", "slot 1"]);
    for (const { bytes } of slots) expect(bytes).toBeLessThanOrEqual(256 * 2 ** 20);
  });

  test("that is too small is refused with the least that would do, which does", () => {
    const { artifact, diagnostics } = compiled({ ...vit, memory: 1000 });
    expect(artifact).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["over-budget"]);
    const [, least = ""] = /needs ([\d.]+) MiB/.exec(diagnostics[0]?.message ?? "") ?? [];
    expect(diagnostics[0]?.message).toContain("`embeddings.patch_embedding.weight`");
    const needed = Number(least) * 2 ** 20;
    expect(peakOf(artifactOf({ ...vit, memory: needed + 1024 }))).toBeGreaterThan(0.9 * needed);
    expect(compiled({ ...vit, memory: needed - 1024 }).artifact).toBeUndefined();
  });

  test("goes for all steps of a mode together, and for buffers that hold little", () => {
    const steps = llama;
    const profile = { ...portableProfile, maxBufferSize: 65536 };
    for (const request of [steps, { ...steps, profile }, { ...steps, quantize: "int8" as const }]) {
      const all = artifactOf(request);
      const artifact = artifactOf({ ...request, memory: 0.8 * peakOf(all) });
      expect(artifact.program.streaming?.segments.length).toBeGreaterThan(4);
      // No segment goes on into another step.
      for (const { from } of artifact.steps)
        expect(artifact.program.streaming?.segments.some((one) => one.from === from)).toBe(true);
    }
  });
});

describe("--memory", () => {
  const args = ["inspect", vit.entry, "--model", vit.model, "--mode", vit.mode];

  test("is shown by inspect: what stays, the slots, what each run brings", async () => {
    const whole = JSON.parse((await runWeft([...args, "--json"])).stdout);
    expect(whole.streaming).toBeUndefined();
    const { exitCode, stdout } = await runWeft([...args, "--json", "--memory", "0.5MB"]);
    expect(exitCode).toBe(0);
    const { streaming, weightBytes, peakBytes } = JSON.parse(stdout);
    expect(streaming.budget).toBe(500_000);
    expect(peakBytes).toBeLessThanOrEqual(500_000);
    expect(streaming.resident + streaming.streamed).toBe(weightBytes);
    expect(streaming.slots).toBeGreaterThan(0);
    const text = (await runWeft([...args, "--memory", "500KB"])).stdout;
    for (const row of ["budget", "resident", "two slots", "for each run"])
      expect(text).toContain(row);
  });

  test("is a size", () => {
    expect(["4GiB", "1.5GB", "512mib", "1000"].map((text) => parseBytes("--memory", text))).toEqual(
      [2 ** 32, 1.5e9, 2 ** 29, 1000],
    );
    for (const text of ["", "GiB", "4XB", "-1", "0", "4 GiB of it"])
      expect(() => parseBytes("--memory", text)).toThrow("such as 4GiB");
  });

  test("that nothing fits in is an error of the input", async () => {
    const { exitCode, stderr } = await runWeft([...args, "--memory", "64KiB"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error[over-budget]");
  });
});

describe("verify-plan", () => {
  const loop = { id: loopId(0), name: "i", extent: 256 };
  const at: readonly Expr[] = [{ kind: "axis", axis: 0, type: "i32" } as Expr];
  const load = (tensor: number): Expr => ({ kind: "load", tensor, at, type: "f32" }) as Expr;
  const tensorOf = (id: number, role: KernelTensor["role"]): KernelTensor => ({
    id,
    name: `t${id}`,
    role,
    shape: [256],
    storage: "f32",
  });
  // Each kernel adds a weight of its own; the last one the first weight again.
  const weights = [0, 1, 2, 3, 0];
  const kernels = weights.map(
    (weight, n): Kernel => ({
      name: `add${n}`,
      engine: { kind: "map", grid: [loop] },
      stores: [
        {
          tensor: 5 + n,
          at,
          value: {
            kind: "call",
            fn: "add",
            args: [load(n === 0 ? 4 : 4 + n), load(weight)],
            type: "f32",
          } as Expr,
        },
      ],
      places: [],
      holds: [],
      endsBecause: "",
    }),
  );
  const program: KernelProgram = {
    tensors: [
      ...[0, 1, 2, 3].map((id) => tensorOf(id, "parameter")),
      tensorOf(4, "input"),
      ...[5, 6, 7, 8].map((id) => tensorOf(id, "intermediate")),
      tensorOf(9, "output"),
    ],
    kernels,
    steps: [],
  };
  const rowMajor = () => ({ kind: "row-major" }) as const;
  const planFor = (budget: number) =>
    planMemory(program, rowMajor, portableProfile, { bytes: budget, streams: true });
  const others = 4 * 1024;
  const plan = planFor(others + 2 * 1024);

  test("takes what the planner makes", () => {
    expect(bytesOf(program.tensors[0] as KernelTensor, rowMajor())).toBe(1024);
    expect(plan.overBudget).toBeUndefined();
    expect(plan.streaming?.segments).toEqual([
      { from: 0, to: 1, group: 0 },
      { from: 1, to: 2, group: 1 },
      { from: 2, to: 3, group: 2 },
      { from: 3, to: 4, group: 3 },
      { from: 4, to: 5, group: 0 },
    ]);
    verifyPlan(program, plan);
  });

  test("what a step comes back to stays first", () => {
    const roomier = planFor(others + 3 * 1024);
    expect(roomier.streaming?.groups.flatMap(({ tensors }) => tensors)).toEqual([1, 2, 3]);
    verifyPlan(program, roomier);
  });

  const streaming = plan.streaming ?? { budget: 0, groups: [], segments: [] };
  const [first, ...rest] = streaming.segments;
  const wrong = {
    "which is not in its slot then": {
      ...streaming,
      segments: [{ ...first, from: 0, to: 1, group: 1 }, ...rest],
    },
    "segments leave out or repeat kernel 1": {
      ...streaming,
      segments: streaming.segments.toSpliced(1, 1),
    },
    "kernel 4 is in no segment": { ...streaming, segments: streaming.segments.slice(0, -1) },
    "the budget is 6143": { ...streaming, budget: 6143 },
    "is brought by no group": { ...streaming, groups: streaming.groups.slice(0, -1) },
    "is in two groups": {
      ...streaming,
      groups: [...streaming.groups, ...streaming.groups.slice(0, 1)],
    },
    "lies in the other slot": {
      ...streaming,
      groups: streaming.groups.map((group, n) => (n === 2 ? { ...group, slot: 1 } : group)),
    },
    "live at one place": {
      ...streaming,
      groups: streaming.groups.map((group, n) =>
        n === 0 ? { ...group, tensors: [0, 2] } : n === 2 ? { ...group, tensors: [] } : group,
      ),
    },
  };
  test.for(Object.entries(wrong))("refuses a plan where something %s", ([message, changed]) => {
    expect(() => verifyPlan(program, { ...plan, streaming: changed })).toThrow(message);
  });

  test("refuses weights in a slot that nothing fills, and streamed ones that have none", () => {
    const { streaming: _, ...without } = plan;
    expect(() => verifyPlan(program, without)).toThrow("in a slot that nothing fills");
    const whole = planFor(Number.POSITIVE_INFINITY);
    expect(() =>
      verifyPlan(program, { ...whole, streaming: { ...streaming, budget: 1e9 } }),
    ).toThrow("is streamed to no slot");
  });
});
