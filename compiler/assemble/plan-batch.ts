import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import { type BatchCut, cutBatch } from "../3-differentiate/batch/batch-cut.ts";
import { type BatchLoss, spanOf } from "../3-differentiate/batch/batch-loss.ts";
import { findUnsplit } from "../3-differentiate/batch/find-unsplit.ts";
import { sumSamplesLast } from "../3-differentiate/batch/sum-samples-last.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { Axis, Value } from "../ir/graph/graph.ts";
import { placeOf } from "../source/source-file.ts";
import type { BatchSpec } from "../stage-artifact.ts";

/** How the samples of a step are computed. */
export interface BatchPlan {
  /** Samples of a step, and of a piece. */
  readonly total: number;
  readonly piece: number;
  /** For the artifact: as the stage has it, where it says and no other pieces are asked for. */
  readonly spec: BatchSpec | undefined;
  /** Set where the loss is computed in pieces. */
  readonly split: { readonly loss: BatchLoss; readonly cut: BatchCut } | undefined;
}

/** What a phase is compiled for. */
export type StagePurpose = "gradients" | "train" | "evaluate";

interface BatchRequest {
  readonly purpose?: StagePurpose | undefined;
  /** Samples of a piece, in the place of what the stage says. */
  readonly piece?: number | undefined;
}

/**
 * The batch of a phase and its pieces: as many samples as the inputs have, else as the stage says. What cannot be
 * computed in the pieces of the stage is reported, whatever is asked for now.
 */
export function planBatch(
  elaborated: ElaboratedStage,
  plan: CheckedPlan,
  { purpose, piece: asked }: BatchRequest,
  sink: DiagnosticSink,
): BatchPlan {
  const said = plan.policy.batch;
  const samples = elaborated.graph.freeAxes.find(({ name }) => name === "B");
  const own = purpose === "train" ? said?.total : (asked ?? said?.piece);
  const total = elaborated.given.B ?? own ?? 1;
  const isAtOnce = samples === undefined || purpose === "evaluate";
  const piece = isAtOnce ? total : Math.min(total, asked ?? said?.piece ?? total);
  const isWhole = piece === total;
  const isSaid = said !== undefined && said.piece < said.total && asked === undefined;
  const written = said && { ...said, form: "whole" as const, cut: [] };
  if (total % piece !== 0) {
    const reason = `${total} samples are no whole number of pieces of ${piece}`;
    const hint = "take pieces of a size that divides the batch";
    sink.report("batch-not-split", plan.span, { stage: plan.name, reason }, { hint });
    return { total, piece, spec: written, split: undefined };
  }
  if (samples === undefined || isAtOnce || (isWhole && !isSaid))
    return { total, piece, spec: written, split: undefined };
  const { graph, ...rest } = lossInSamples(elaborated, samples);
  const loss = { ...rest, graph: sumSamplesLast(graph, rest.build, samples, rest.sizes) };
  const cut = cutBatch(loss);
  reportUnsplit(loss, cut, plan, sink);
  const sizes = asked === undefined && said !== undefined ? said : { total, piece };
  const spec = { total: sizes.total, piece: sizes.piece, form: cut.form, cut: cutText(cut) };
  return { total, piece, spec, split: isWhole ? undefined : { loss, cut } };
}

/** The loss of a phase over the axis of its samples. */
export function lossInSamples(
  { graph, build, sizes, groups }: ElaboratedStage,
  samples: Axis,
): BatchLoss {
  const paths = new Set(groups.flatMap(({ parameters }) => parameters.map(({ path }) => path)));
  const trained = graph.stored.filter(({ path }) => paths.has(path));
  return { graph, build, sizes, samples, trained };
}

function reportUnsplit(
  loss: BatchLoss,
  cut: BatchCut,
  { name, span }: CheckedPlan,
  sink: DiagnosticSink,
): void {
  const found = findUnsplit(loss, cut);
  if (found === undefined) return;
  const { first, weights, second } = found;
  const reason = `samples are combined before \`${weights}\`, which is trained, and again behind it`;
  const related = [
    { span: spanOf(first), text: "here samples are combined whose values are learned" },
    { span: spanOf(second), text: "and here what is made of them is combined again" },
  ];
  sink.report("batch-not-split", span, { stage: name, reason }, { related });
}

/** What is known of each sample before the whole batch is: `f32[B, E] (losses.weft:12)`. */
function cutText({ members }: BatchCut): readonly string[] {
  return members.map(({ value }) => rowText(value));
}

/** A value and where it is written. */
export function rowText(value: Value): string {
  const { element, axes } = value.type;
  const { file, start } = spanOf(value);
  const names = axes.map(({ name }) => name).join(", ");
  return `${element}[${names}] (${file.path}:${placeOf(file, start).line})`;
}
