import { expect, test } from "vitest";
import { countMacs } from "../../compiler/5-schedule/fuse/count-macs.ts";
import { GraphFacts } from "../../compiler/5-schedule/fuse/graph-facts.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Graph } from "../../compiler/ir/graph/graph.ts";
import { ops } from "../../compiler/ops/registry.ts";
import type { SourceFile } from "../../compiler/source/source-file.ts";
import type { SourceLoader } from "../../compiler/source/source-loader.ts";
import { expectSlopes, feedsOf } from "../support/graphs/slopes.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

const sizes = { B: 2, N: 6 };
const tokens = sizes.B * sizes.N;

const stage = (name: string, lines: string): string => `
stage ${name} of Small(ids: i32[B, N], labels: i32[B, N]) {
  ${lines}
  optimizer AdamW()
  steps 10
  batch ${sizes.B}
  loss { next_token{N, Vocab}(forward(embed(ids), ids > 0), labels) }
}
`;

const text = `import { Llama } from "./llama"
import { next_token } from "std/losses"
import { AdamW } from "std/optimizers"

model Small = Llama<Vocab = 40, D = 16, Heads = 2, Hidden = 24, Slot = 8>(depth: 2)
${stage("whole", "train everything else at lr 1e-3")}
${stage(
  "adapted",
  `adapt model.layers[*] with lora(rank: 2, alpha: 4)
  train adapters at lr 1e-3
  freeze everything else`,
)}
${stage(
  "late",
  `adapt model.layers[1] with lora(rank: 2, alpha: 4)
  train adapters at lr 1e-3
  freeze everything else`,
)}`;

/** A text as if it lay beside the model. */
function besideLlama(): SourceLoader {
  const disk = diskLoader(process.cwd());
  const model = disk.load("models/llama/llama.weft", undefined);
  const entry: SourceFile = { path: "models/llama/adapted.weft", text };
  return {
    load: (specifier, importer) => {
      if (specifier === entry.path) return entry;
      return importer === entry && specifier === "./llama"
        ? model
        : disk.load(specifier, importer ?? entry);
    },
    candidates: (importer) => disk.candidates(importer),
  };
}

const loader = besideLlama();

interface Program extends ReturnType<typeof trainingSteps> {
  readonly graph: Graph;
  readonly macs: number;
}

function programOf(stage: string): Program {
  const entry = "models/llama/adapted.weft";
  const made = trainingSteps({ entry, loader, stage, sizes });
  const [step] = made.steps;
  if (step === undefined) throw new Error("no step");
  const { graph, extent } = step;
  return { ...made, graph, macs: countMacs(new GraphFacts(graph, ops, extent)).exact };
}

/** Numbers of the matrices that every token is multiplied by, in some parts. */
function matrixNumbers({ graph, steps }: Program, prefix: string): number {
  const extent = steps[0]?.extent ?? (() => 0);
  const own = graph.stored.filter(
    ({ path, dimensions }) =>
      path.startsWith(prefix) && dimensions.length === 2 && !path.includes("embed"),
  );
  return own.reduce(
    (sum, { value }) => sum + value.type.axes.reduce((n, axis) => n * extent(axis), 1),
    0,
  );
}

test("a language model with adapters trains these alone, and computes no gradient of a frozen matrix", () => {
  const [whole, adapted, late] = [programOf("whole"), programOf("adapted"), programOf("late")];
  const names = adapted.graph.outputs.map(({ name }) => name).filter((name) => name !== "loss");
  // Seven matrices a layer, a pair beside each.
  expect(names).toHaveLength(2 * 7 * 2);
  expect(names.every((name) => /\.lora_(up|down)\.weight$/.test(name))).toBe(true);
  expect(adapted.trained.toSorted()).toEqual(names.toSorted());
  expect(late.trained).toHaveLength(2 * 7);
  // Forward, back to what a matrix is multiplied by, and back to the matrix: the last only where it learns.
  const pairs = adapted.spec.groups.flatMap(({ parameters }) => parameters);
  const numbersOf = (some: typeof pairs): number => some.reduce((sum, one) => sum + one.numbers, 0);
  const frozen = matrixNumbers(whole, "");
  const most = whole.macs - tokens * frozen + 3 * tokens * numbersOf(pairs);
  expect(adapted.macs).toBeLessThanOrEqual(most);
  // What stands before the first adapter has no backward pass at all.
  const early = matrixNumbers(whole, "model.layers.0.");
  const earlyPairs = pairs.filter(({ path }) => path.startsWith("model.layers.0."));
  const saved = tokens * early + 3 * tokens * numbersOf(earlyPairs);
  expect(late.macs).toBeLessThanOrEqual(adapted.macs - saved);
  // Their gradients are the slopes of the loss.
  for (const step of adapted.steps) expectSlopes(step, feedsOf(step, 5), ["model.layers"]);
});
