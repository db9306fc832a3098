import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateStage } from "../../compiler/2-check/stages/elaborate-stage.ts";
import { reachFrom } from "../../compiler/3-differentiate/reach.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { expectSlopes, feedsOf } from "../support/graphs/slopes.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

const entry = "models/heads/stages.weft";
const loader = diskLoader(process.cwd());

/** Numbers that are trained at the sizes of the paper: heads as the reference counts them, encoders beside. */
test("stages of heads train as many numbers as the official code", () => {
  const sink = new DiagnosticSink();
  const { stages } = checkFiles({ entries: [entry], loader, parse: parseOnce, sink });
  const counts = stages.map((stage) => {
    const [plan] = stage.plans;
    if (plan === undefined) throw new Error(`${stage.syntax.name.text} is wrong`);
    const elaborated = elaborateStage({ stage, plan, sizesOf: () => ({}), reach: reachFrom });
    const { groups, sizes } = elaborated ?? { groups: [], sizes: plan.model.checker.sizes };
    const trained = groups.flatMap(({ parameters }) => parameters);
    const numbers = trained.map(({ axes }) =>
      axes.reduce((n, { size }) => n * (sizes.valueOf(size) ?? Number.NaN), 1),
    );
    return [plan.name, numbers.reduce((a, b) => a + b, 0)];
  });
  expect(sink.diagnostics).toEqual([]);
  const [adapter, upernet, auxiliary] = [122_896_000, 312_480_918, 44_470_422];
  expect(adapter + upernet).toBe(435_376_918);
  expect(Object.fromEntries(counts)).toEqual({
    probe: 6_413_800,
    probe_head: 6_413_800,
    // Norms, three projections, their biases, the one behind, a batch norm, the layer.
    probe_attention: 3 * 6400 + 3 * 10_240_000 + 3 * 3200 + 10_243_200 + 6400 + 3_201_000,
    segment_linear: 480_150 + 6400,
    segment_head: adapter + upernet + auxiliary,
    segment_full: 5_906_121_600 + adapter + upernet + auxiliary,
  });
});

const tower = { D: 8, Heads: 2, Hidden: 8, depth: 4, image: 8, patch: 4 };
const small = Object.entries({ ...sized("vision_model", tower), Class: 3 });

function sized(name: string, sizes: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, size]));
}

interface Case {
  readonly stage: string;
  readonly more?: Readonly<Record<string, number>>;
  /** Prefixes of paths: the slope in a random direction of each group is compared. */
  readonly groups: readonly string[];
}

const all: readonly Case[] = [
  { stage: "probe_attention", more: { heads: 2 }, groups: ["pool", "bn", "head"] },
  {
    stage: "segment_full",
    more: { Channel: 3 },
    groups: [
      "vision_model.embeddings",
      "vision_model.encoder.layers.0",
      "vision_model.encoder.layers.3",
      "adapter.up1",
      "adapter.norm",
      "adapter.up3",
      "decode_head.psp_modules",
      "decode_head.bottleneck",
      "decode_head.lateral_convs",
      "decode_head.fpn_convs",
      "decode_head.fpn_bottleneck",
      "decode_head.conv_seg",
      "auxiliary_head",
    ],
  },
  { stage: "probe", groups: ["bn", "head"] },
  { stage: "segment_linear", groups: ["bn", "head"] },
];
/** Asked for, every stage and group; else one direction over all that two of the stages train. */
const isAll = process.env.WEFT_ALL_GRADIENTS !== undefined;
const cases = isAll ? all : all.slice(0, 2).map((one) => ({ ...one, groups: [""] }));

describe("gradients of heads are the slopes of their losses", () => {
  test.each(cases)("$stage", ({ stage, more = {}, groups }) => {
    const settings = [...small, ...Object.entries(more)];
    const overrides = settings.map(([path, value]) => ({ path, value }));
    const made = trainingSteps({ entry, loader, stage, overrides, sizes: { B: 2 } });
    const [step] = made.steps;
    if (step === undefined) throw new Error("no step");
    expectSlopes(step, feedsOf(step, 7), groups);
  });
});
