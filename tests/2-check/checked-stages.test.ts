import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import type { CheckedPlan, CheckedStage } from "../../compiler/2-check/stages/checked-stage.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { checkedBesideModel } from "../support/models/trained-model.ts";
import { designInPlace } from "../support/texts/weft-texts.ts";

const inputs = `pixels: Pixels from image(crop: "random"), label: i32[B] from key(of: "label")`;

/** The stages of a text that is right. */
function stagesOf(text: string): readonly CheckedStage[] {
  const { program, sink } = checkedBesideModel(text);
  expect(sink.diagnostics.map((one) => one.message)).toEqual([]);
  return program.stages;
}

/** The numbers that every parameter has, for sums over groups. */
function pathsOf(plan: CheckedPlan): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    plan.groups.map(({ selector, parameters }) => [selector, parameters.map(({ path }) => path)]),
  );
}

describe("what the check of a stage returns", () => {
  test("without phases it is one plan with every entry resolved", () => {
    const [stage] = stagesOf(`stage s of Classifier(${inputs}) {
  start "runs/before"
  start "runs/seen" for vision
  set vision.depth = 2
  optimizer AdamW(beta2: 0.95)
  schedule cosine(warmup: steps div 10, floor: 0.1)
  steps 2000
  batch 64 by 8
  decay 0.05 except vectors, head
  decay 0.2 for head except head.bias
  ema 0.998
  data "web" weight 2.0, "books"
  clip 1.5
  precision compute bf16, master f32
  precision compute f32 for head
  memory within 1.5 KiB
  adapt vision.layers[*] with lora(rank: 4, alpha: 8, dropout: 0.05)
  train head at lr 0.1 * batch / 512.0, layer_decay 0.9
  train adapters at lr 1e-4
  freeze everything else
  loss {
    let x = cross_entropy{Class}(classify(pixels), label)
    x
  }
  watch x
}`);
    expect(stage?.plans.map(({ name }) => name)).toEqual(["s"]);
    const [plan] = stage?.plans ?? [];
    if (plan === undefined) throw new Error("no plan");
    expect(plan.policy).toEqual({
      batch: { total: 64, piece: 8 },
      length: { unit: "steps", amount: 2000 },
      decay: { rate: 0.05, except: expect.anything() },
      precision: { compute: "bf16", master: "f32" },
      precisionOf: [{ roles: { compute: "f32" }, paths: ["head"] }],
      decayOf: [{ rate: 0.2, parameters: expect.anything() }],
      clip: 1.5,
      ema: 0.998,
      memory: 1536,
      starts: [
        { path: "runs/before", part: "" },
        { path: "runs/seen", part: "vision" },
      ],
      data: [
        { name: "web", weight: 2 },
        { name: "books", weight: 1 },
      ],
    });
    expect(plan.policy.decayOf[0]?.parameters.map(({ path }) => path)).toEqual(["head.weight"]);
    expect(plan.inputs.map(({ name, reader }) => [name, reader])).toEqual([
      ["pixels", { name: "image", args: { crop: "random" } }],
      ["label", { name: "key", args: { of: "label" } }],
    ]);
    expect(plan.loss.watched).toEqual(["x"]);
    expect(plan.optimizer?.instance.name).toBe("AdamW");
    expect(plan.optimizer?.update.callable.name).toBe("update");
    expect(Object.fromEntries(plan.optimizer?.settings ?? [])).toEqual({
      beta1: { type: "float", value: 0.9 },
      beta2: { type: "float", value: 0.95 },
      eps: { type: "float", value: 1e-8 },
    });
    expect(plan.schedule?.fn.callable.name).toBe("cosine");
    expect(plan.schedule?.supplied).toEqual(["step", "steps"]);
    expect(
      plan.groups.map(({ parameters, ...group }) => ({ ...group, n: parameters.length })),
    ).toEqual([
      expect.objectContaining({
        kind: "train",
        selector: "head",
        lr: 0.0125,
        scales: new Map(plan.groups[0]?.parameters.map((storage) => [storage, 1])),
        takesAdapters: false,
        n: 2,
      }),
      expect.objectContaining({
        kind: "train",
        selector: "adapters",
        lr: 1e-4,
        scales: new Map(),
        takesAdapters: true,
        n: 8,
      }),
      expect.objectContaining({ kind: "freeze", selector: "everything else" }),
    ]);
    const [adapter] = plan.adapters;
    expect(adapter?.method).toBe("lora");
    expect(adapter?.args.get("alpha")).toEqual({ type: "float", value: 8 });
    expect(adapter?.args.get("dropout")).toEqual({ type: "float", value: 0.05 });
    // Two blocks, of the overridden depth, with two `Linear` each.
    expect(adapter?.targets.map(({ path }) => path)).toEqual([
      "vision.layers.0.mlp.fc1",
      "vision.layers.0.mlp.fc2",
      "vision.layers.1.mlp.fc1",
      "vision.layers.1.mlp.fc2",
    ]);
  });

  test("each phase is a plan of its own, in the model that it makes", () => {
    const [stage] = stagesOf(`stage s of Classifier(${inputs}) {
  optimizer Sgd()
  batch 32
  train head at lr 1e-2
  freeze everything else
  phase low until samples 1e6 {
    set vision.size = 2
    loss { cross_entropy{Class}(classify(pixels), label) }
  }
  phase full until epochs 2 {
    train vision at lr 1e-3
    batch 16 by 4
    loss { 2.0 * cross_entropy{Class}(classify(pixels), label) }
  }
}`);
    const [low, full] = stage?.plans ?? [];
    if (low === undefined || full === undefined) throw new Error("no plans");
    expect([low.name, full.name]).toEqual(["s.low", "s.full"]);
    expect(low.policy.length).toEqual({ unit: "samples", amount: 1e6 });
    expect(full.policy.length).toEqual({ unit: "epochs", amount: 2 });
    expect(low.policy.batch).toEqual({ total: 32, piece: 32 });
    expect(full.policy.batch).toEqual({ total: 16, piece: 4 });
    expect(pathsOf(low).head).toEqual(["head.weight", "head.bias"]);
    expect(Object.keys(pathsOf(full))).toEqual(["vision"]);
    const sizeIn = ({ model: { instance } }: CheckedPlan) =>
      instance.root.names.get("vision")?.content;
    expect(sizeIn(low)).not.toBe(sizeIn(full));
    expect(low.loss.body).not.toBe(full.loss.body);
  });

  test.each<[string, string]>([
    ["a plan with an error", "loss { classify(pixels) }"],
    [
      "a setting of the wrong type",
      `clip "no"\nloss { cross_entropy{Class}(classify(pixels), label) }`,
    ],
    ["no loss", ""],
  ])("%s is not there", (_, entries) => {
    const { program, sink } = checkedBesideModel(
      `stage s of Classifier(${inputs}) {\noptimizer Sgd()\nbatch 4\ntrain head at lr 0.1\n${entries}\n}`,
    );
    expect(sink.hasErrors).toBe(true);
    expect(program.stages.map(({ plans }) => plans)).toEqual([[]]);
  });

  test("is read for every stage of the design", (context) => {
    const design = designInPlace();
    if (design === undefined) {
      console.log("skipped: ../shared/design/samples is not here");
      return context.skip();
    }
    const sink = new DiagnosticSink();
    const loader = diskLoader(design.home);
    const program = checkFiles({ entries: design.entries, loader, parse: parseOnce, sink });
    rmSync(design.home, { recursive: true });
    expect(sink.diagnostics.filter((one) => one.severity === "error")).toEqual([]);
    const plans = program.stages.flatMap((stage) => stage.plans);
    const written = program.files.flatMap(({ syntax }) =>
      syntax.items.filter((item) => item.kind === "stage"),
    );
    expect(program.stages.length).toBe(written.length);
    for (const plan of plans) {
      expect(plan.optimizer, plan.name).toBeDefined();
      expect(plan.schedule, plan.name).toBeDefined();
      expect(plan.policy.length, plan.name).toBeDefined();
      expect(plan.policy.batch, plan.name).toBeDefined();
      for (const group of plan.groups)
        if (group.kind === "train") expect(group.lr, plan.name).toBeGreaterThan(0);
    }
    const low = plans.find(({ name }) => name === "contrast.low");
    expect(low?.policy).toMatchObject({
      batch: { total: 163840, piece: 256 },
      length: { unit: "samples", amount: 28.17e9 },
      precision: { compute: "bf16", master: "f32", accumulate: "f32" },
    });
    expect(low?.optimizer?.settings.get("beta2")).toEqual({ type: "float", value: 0.95 });
    expect(low?.groups.map((group) => group.kind === "train" && group.lr)).toEqual([1e-3, 1e-4]);
  });
});
