import { type CheckedProgram, checkFiles } from "../../../compiler/2-check/check-files.ts";
import { elaborateStage } from "../../../compiler/2-check/stages/elaborate-stage.ts";
import { findStage } from "../../../compiler/2-check/stages/find-stage.ts";
import { updatePass } from "../../../compiler/2-check/stages/update-pass.ts";
import { reachFrom } from "../../../compiler/3-differentiate/reach.ts";
import { stageSpec } from "../../../compiler/assemble/stage-spec.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { SizeTable } from "../../../compiler/dims/size-table.ts";
import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { optimize } from "../../../compiler/pipeline.ts";
import type { SourceLoader } from "../../../compiler/source/source-loader.ts";
import { parseOnce } from "../texts/check-text.ts";

/** A stage of a text, at these sizes of its record. */
interface StageText {
  readonly entry: string;
  readonly loader: SourceLoader;
  readonly stage: string;
  readonly phase?: string;
  readonly sizes: Readonly<Record<string, number>>;
}

interface TrainingSteps {
  /** The step `step`, or `gradients`, as `StepRun` runs it. */
  readonly steps: readonly { readonly name: string; readonly graph: Graph }[];
  readonly sizes: SizeTable;
  readonly extent: Extent;
  /** Paths of what is trained. */
  readonly trained: readonly string[];
}

/** The graph of a step of training, with clipping and optimizer, after every pass. */
export function trainingSteps(text: StageText): TrainingSteps {
  return stepsOf(text, "step");
}

/** The loss and the gradients alone: outputs under the paths of what is trained. */
export function gradientSteps(text: StageText): TrainingSteps {
  return stepsOf(text, "gradients");
}

interface Checked {
  readonly program: CheckedProgram;
  readonly sink: DiagnosticSink;
}

const checked = new WeakMap<SourceLoader, Map<string, Checked>>();

function checkedOnce(entry: string, loader: SourceLoader): Checked {
  const known = checked.get(loader)?.get(entry);
  if (known !== undefined) return known;
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [entry], loader, parse: parseOnce, sink });
  const found = { program, sink };
  checked.set(loader, (checked.get(loader) ?? new Map()).set(entry, found));
  return found;
}

function stepsOf(
  { entry, loader, stage, phase, sizes }: StageText,
  name: "step" | "gradients",
): TrainingSteps {
  const { program, sink } = checkedOnce(entry, loader);
  const fail = (): never => {
    throw new Error(renderDiagnostics(sink.diagnostics));
  };
  const found = sink.hasErrors ? undefined : findStage(program, { stage, phase }, sink);
  const plan = found?.stage.plans.find((one) => phase === undefined || one.name.endsWith(phase));
  if (found === undefined || plan === undefined) return fail();
  const elaborated = elaborateStage({
    stage: found.stage,
    plan,
    sizesOf: () => sizes,
    reach: reachFrom,
  });
  if (elaborated === undefined) return fail();
  const { graph, build, sizes: table, checker } = elaborated;
  const numbers = graph.freeAxes.map((axis) => [axis.size, sizes[axis.name] ?? 1] as const);
  const extent = extentOf(table, new Map(numbers));
  const { groups } = stageSpec(found, plan, elaborated);
  const rates = groups.flatMap(({ parameters }) => parameters);
  const trained = rates.map(({ path }) => path);
  const gradients = { loss: "loss", by: trained };
  const update = name === "step" ? updatePass(checker, plan, rates) : undefined;
  const made = optimize({ graph, build, extent, gradients, update }, { precision: "f32" });
  if (sink.hasErrors) return fail();
  return { steps: [{ name, graph: made }], sizes: table, extent, trained };
}
