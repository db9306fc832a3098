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
import { StepRun } from "../support/graphs/run-steps.ts";
import { range } from "../support/models/plain-internvl.ts";
import { internvlSet, SmallWeights, vision } from "../support/models/small-internvl.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

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

test("pitfall 8.22: logit_scale is decayed in fine-tuning, as matrices are and vectors are not", () => {
  const set = { ...internvlSet, "vision_model.image": vision.image, "vision_model.drop_path": 0 };
  const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
  const [sizes, decay, eps] = [{ B: 3, Text: 7 }, 0.05, 1e-8];
  const entry = "models/internvl/stages.weft";
  const loader = diskLoader(process.cwd());
  const request = { entry, loader, stage: "retrieval", overrides, sizes, steps: 200 } as const;
  const pictures = range(3 * 3 * vision.image ** 2).map((n) => Math.sin(3 * n) + 0.3 * (n % 5));
  const ids = [1, 5, 9, 4, 2, 0, 0, 1, 3, 7, 8, 6, 2, 0, 1, 4, 2, 0, 0, 0, 0];
  const record = {
    ...{ pixels: pictures, image_id: [0, 1, 2], ids, itc_ids: ids },
    wrong_ids: [...ids.slice(7), ...ids.slice(0, 7)],
  };
  const weights = new SmallWeights();
  const gradients = trainingSteps(request);
  const slopes = new StepRun(gradients, weights.make).call("retrieval", record, sizes);
  const training = trainingSteps({ ...request, purpose: "train" });
  const run = new StepRun(training, weights.make);
  // The warm-up begins with a rate of 0, so that both steps have the same gradient and Adam's means are of it alone.
  for (let step = 0; step < 2; step++) run.call("step", record, sizes);
  const rate = 1e-6 / 100;
  const cases = [
    ["logit_scale", rate * 0.9 ** 33, decay],
    ["text_projection", rate, decay],
    ["clip_projector.norm1_q.bias", rate, 0],
  ] as const;
  for (const [path, lr, wanted] of cases) {
    const before = Array.from(weights.of("")(path));
    const after = run.state(path);
    expect(after, path).toHaveLength(before.length);
    for (const [n, w] of before.entries()) {
      const g = slopes[path]?.[n] ?? Number.NaN;
      const moved = (w - (after[n] ?? Number.NaN)) / lr;
      expect(moved - g / (Math.abs(g) + eps), `${path}[${n}]`).toBeCloseTo(wanted * w, 5);
    }
  }
  expect(Math.abs(decay * (weights.of("")("logit_scale")[0] ?? 0))).toBeGreaterThan(1e-3);
});
