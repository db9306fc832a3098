import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countMacs } from "../../../compiler/5-schedule/fuse/count-macs.ts";
import { GraphFacts } from "../../../compiler/5-schedule/fuse/graph-facts.ts";
import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import { countStage } from "../../../compiler/assemble/count-stage.ts";
import { boundStage } from "../../../compiler/compile-stage.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { ops } from "../../../compiler/ops/registry.ts";
import { optimize } from "../../../compiler/pipeline.ts";

const encoder = sized("vision_model", { D: 32, Heads: 2, Hidden: 40, depth: 2 });
const language = { D: 32, Heads: 2, Hidden: 24, Slot: 16, depth: 2 };
const both = { ...encoder, ...sized("qllama", { ...language, Vocab: 50 }), E: 16, Query: 3 };
const small = { ...both, "vision_model.image": 28 };
const internvl = "models/internvl/stages.weft";

interface StageCase {
  readonly entry: string;
  readonly stage: string;
  readonly phase?: string;
  readonly piece?: number;
  readonly set: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/** Of one step of a stage: a loss over pairs, three tasks in one pass, and logits so many that they are cut in pieces. */
const cases: readonly StageCase[] = [
  {
    ...{ entry: internvl, stage: "contrast", phase: "low", piece: 2 },
    set: { ...both, "vision_model.drop_path": 0.1 },
    sizes: { B: 4, Text: 6 },
  },
  { entry: internvl, stage: "contrast_g", set: small, sizes: { B: 4, Text: 6 } },
  { entry: internvl, stage: "align", piece: 2, set: small, sizes: { B: 4, Text: 6 } },
  {
    entry: "models/llama/stages.weft",
    ...{ stage: "language", set: { ...language, Vocab: 9000 }, sizes: { B: 8, N: 160 } },
  },
];

describe("what is counted of a stage", () => {
  test.each(cases)("$stage: the products of its program", ({ set, ...request }) => {
    const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
    const sink = new DiagnosticSink();
    const loader = diskLoader(process.cwd());
    const bound = boundStage(sink, { ...request, purpose: "train", steps: 10, overrides, loader });
    expect(sink.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    if (bound === undefined) throw new Error("no stage");
    const { steps } = bound.graphs;
    const counted = countStage({ steps, forward: bound.forward }, []);
    const samples = request.sizes.B ?? 1;
    const made = steps.map((step) => {
      const graph = optimize({ ...step, update: undefined }, { precision: "f32" });
      const { exact } = countMacs(new GraphFacts(graph, ops, step.extent));
      return exact * (samples / (step.sizes.B ?? samples));
    });
    expect(made.reduce((sum, one) => sum + one)).toBe(counted.macsPerStep);
    expect(counted.macsPerStep).toBeGreaterThan(0);
  });

  test("of one sample it hangs on no batch", () => {
    const [one, many] = [1, 8].map((samples) => {
      const overrides = Object.entries({ ...language, Vocab: 9000 }).map(([path, value]) => ({
        path,
        value,
      }));
      const bound = boundStage(new DiagnosticSink(), {
        ...{ entry: "models/llama/stages.weft", stage: "language", overrides },
        ...{ purpose: "train", steps: 10, sizes: { B: samples, N: 160 } },
        loader: diskLoader(process.cwd()),
      });
      return bound && countStage({ steps: [], forward: bound.forward }, [""]).macs;
    });
    expect(many).toBe(one);
    // The logits alone are this many.
    expect(one).toBeGreaterThan(160 * 32 * 9000);
  });
});

function sized(name: string, sizes: Readonly<Record<string, number>>) {
  const entries = Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, size]);
  return Object.fromEntries(entries);
}

test("the rows of table 11 have the counts of the paper's encoders", () => {
  const { study, diagnostics } = resolveStudy("models/internvl/experiments.weft", "table11");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const { models } = checkOf("models/internvit/check.json");
  const { models: whole } = checkOf("models/internvl/check.json");
  const cells = study?.cells ?? [];
  // The name of the encoder is all that a cell varies.
  const encoders = cells.map(({ values }) => models[values.vision_model ?? ""]?.forward);
  expect(cells.length).toBe(6);
  expect(cells.map(({ cost: { parts } }) => parts)).toEqual(
    encoders.map((encoder) => ({
      "vision_model.params": encoder?.parameters,
      "vision_model.macs": encoder?.macs,
    })),
  );
  // The third is the encoder of InternVL-14B.
  expect(cells[2]?.cost.parameters).toBe(13_834_975_747);
  expect(cells[2]?.cost.macs).toBe(whole.InternVL_14B?.similarity_c?.macs);
}, 600_000);

type Check = Readonly<
  Record<string, Readonly<Record<string, { readonly parameters: number; readonly macs: number }>>>
>;

function checkOf(file: string): { readonly models: Check } {
  return JSON.parse(readFileSync(file, "utf8")) as { readonly models: Check };
}
