import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import type { CheckedPlan } from "../../compiler/2-check/stages/checked-stage.ts";
import { elaborateStage } from "../../compiler/2-check/stages/elaborate-stage.ts";
import { reachFrom } from "../../compiler/3-differentiate/reach.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";

const oracle = resolve("../shared/oracle");
const sink = new DiagnosticSink();
const entries = ["models/internvl/stages.weft"];
const { stages } = checkFiles({
  entries,
  loader: diskLoader(process.cwd()),
  parse: parseOnce,
  sink,
});

function planOf(name: string): { readonly plan: CheckedPlan; readonly stage: (typeof stages)[0] } {
  for (const stage of stages) {
    const plan = stage.plans.find((one) => one.name === name);
    if (plan !== undefined) return { plan, stage };
  }
  throw new Error(`there is no ${name}`);
}

/** Numbers that are trained, at the sizes of the paper. */
test.each([
  ["contrast.full", 12_620_029_697],
  ["align", 1_010_334_467],
])("%s trains %i numbers", (name, expected) => {
  const { plan, stage } = planOf(name);
  const elaborated = elaborateStage({ stage, plan, sizesOf: () => ({}), reach: reachFrom });
  const trained = elaborated?.groups.flatMap(({ parameters }) => parameters) ?? [];
  const count = trained.reduce(
    (sum, { axes }) =>
      sum + axes.reduce((n, { size }) => n * (elaborated?.sizes.valueOf(size) ?? 0), 1),
    0,
  );
  expect(count).toBe(expected);
  const frozen = trained.filter(({ path }) => path.startsWith("vision_model"));
  expect(frozen.length === 0).toBe(name === "align");
});

interface Rates {
  readonly name: string;
  readonly lr_scale: number;
  readonly weight_decay: number;
}

test("rates and decay of retrieval fine-tuning are those of the official code, for every parameter", (context) => {
  const file = join(oracle, "optim", "layer_decay.json");
  if (!existsSync(file)) {
    console.log("skipped: ../shared/oracle is not here");
    return context.skip();
  }
  const table = JSON.parse(readFileSync(file, "utf8")) as Record<string, { params: Rates[] }>;
  const { plan } = planOf("retrieval");
  const { rate = 0, except = [] } = plan.policy.decay ?? {};
  const found = plan.groups.flatMap((group) =>
    group.kind === "freeze"
      ? []
      : group.parameters.map((storage) => ({
          name: storage.path,
          scale: ((group.lr ?? 0) * (group.scales.get(storage) ?? 1)) / 1e-6,
          decay: except.includes(storage) ? 0 : rate,
        })),
  );
  const wanted = new Map(table.retrieval_ft_14b?.params.map((one) => [one.name, one]));
  expect(wanted.size).toBe(1048);
  expect(found.map(({ name }) => name).toSorted()).toEqual([...wanted.keys()].toSorted());
  for (const { name, scale, decay } of found) {
    const right = wanted.get(name);
    expect(scale / (right?.lr_scale ?? 0), name).toBeCloseTo(1, 12);
    expect(decay, name).toBe(right?.weight_decay);
  }
});
