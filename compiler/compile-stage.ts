import { parse } from "./1-parse/parse.ts";
import type { OnlyStage } from "./2-check/check-entries.ts";
import { type CheckedProgram, checkFiles } from "./2-check/check-files.ts";
import { type CellPick, findCell } from "./2-check/experiments/find-cell.ts";
import { begunStorages } from "./2-check/stages/begun-storages.ts";
import type { CheckedPlan } from "./2-check/stages/checked-stage.ts";
import {
  type ElaboratedStage,
  elaborateStage,
  type StageRecord,
} from "./2-check/stages/elaborate-stage.ts";
import { type FoundStage, findStage } from "./2-check/stages/find-stage.ts";
import { checkpointOf, readsOf } from "./2-check/weights/checkpoint-of.ts";
import { surveyCheckpoint } from "./2-check/weights/survey-checkpoint.ts";
import { reachFrom } from "./3-differentiate/reach.ts";
import { type FrozenSplit, splitFrozen } from "./3-differentiate/split-frozen.ts";
import type { PrecisionPolicy } from "./4-optimize/precision-policy.ts";
import { frozenStep, type RecordForm } from "./artifact.ts";
import { areSizesRight, assembleArtifact, type SizedGraphs } from "./assemble/assemble-artifact.ts";
import { fittingPiece } from "./assemble/fitting-piece.ts";
import { inputForms, type SizedStep } from "./assemble/interface-specs.ts";
import { lossInSamples, planBatch, rowText, type StagePurpose } from "./assemble/plan-batch.ts";
import { type NeededBytes, neededBytes } from "./assemble/report-limits.ts";
import { scheduleFactors } from "./assemble/schedule-factors.ts";
import { learningOf } from "./assemble/stage-learning.ts";
import { stageMemory } from "./assemble/stage-memory.ts";
import { assertScheduled, assertTrainable, isScheduled, planFor } from "./assemble/stage-plan.ts";
import { stagePrecision } from "./assemble/stage-precision.ts";
import { stageSpec } from "./assemble/stage-spec.ts";
import { sizedGraph, stageSteps } from "./assemble/stage-steps.ts";
import { reportUnknownAxes } from "./assemble/unknown-axes.ts";
import type { SourceRequest } from "./compile.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { DiagnosticSink } from "./diagnostics/sink.ts";
import type { Extent } from "./ops/define-op.ts";
import { extentOf } from "./ops/extent.ts";
import type { BoundGraph } from "./pipeline.ts";
import type { ProgramOptions } from "./program-options.ts";
import type { Span } from "./source/source-file.ts";
import type { StageArtifact, StageSpec } from "./stage-artifact.ts";

/** Which phase of which stage to compile, and for what. Same request, same artifact. */
export interface StageRequest
  extends SourceRequest,
    Pick<ProgramOptions, "layout" | "precision" | "memory"> {
  readonly stage: string;
  /** Needed where the stage has several. */
  readonly phase?: string | undefined;
  /** The stage as this cell of an experiment has it, in the place of the one that `stage` names. */
  readonly cell?: CellPick | undefined;
  /**
   * `gradients`, where nothing is said: outputs are the loss and the gradient of each trained parameter.
   * `train`: a step that updates what is trained in place.
   * `evaluate`: the loss and what is watched alone, for all samples at once, of a model that runs as in a mode.
   */
  readonly purpose?: StagePurpose | undefined;
  /** How many steps of training there are, in the place of what the stage says. */
  readonly steps?: number | undefined;
  /** Tell what the schedule gives at these steps, from 0. */
  readonly factorsAt?: readonly number[] | undefined;
  /** How many steps one pass over the data takes: `epochs` are as many of them. */
  readonly stepsPerEpoch?: number | undefined;
  /** Samples that are computed at a time, in the place of what the stage says. */
  readonly piece?: number | undefined;
  /** Of a program that trains, put what frozen parts make of each sample into a step of its own, whose results are kept. */
  readonly keepFrozen?: boolean | undefined;
  /**
   * Told the record as it is written, with a size for each of its axes: gives other sizes, as inputs have
   * them. Those of `sizes` go before.
   */
  readonly sizesOf?: ((record: RecordForm) => Readonly<Record<string, number>>) | undefined;
}

interface StageResult {
  /** Absent where there are errors. */
  readonly artifact: StageArtifact | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The loss of one phase of a stage and its gradients as a program: its outputs are `loss`, what is watched, and
 * the gradient of every trained parameter under the parameter's path.
 */
export function compileStage(request: StageRequest): StageResult {
  const sink = new DiagnosticSink();
  const artifact = compileInto(sink, request);
  return { artifact: sink.hasErrors ? undefined : artifact, diagnostics: sink.diagnostics };
}

function compileInto(sink: DiagnosticSink, request: StageRequest): StageArtifact | undefined {
  return compileBound(sink, request, boundStage);
}

/** What is asked of a stage that was found already. */
type FoundRequest = Omit<
  StageRequest,
  "entry" | "loader" | "parse" | "stage" | "phase" | "cell"
> & {
  /** What the phase asks for, where its numbers of steps change nothing: it is not checked again. */
  readonly plan?: CheckedPlan | undefined;
};

/** The same for a stage that is bound already, as a cell of an experiment has it. */
export function compileFound(
  program: CheckedProgram,
  found: FoundStage,
  bound: BoundStage,
  request: FoundRequest,
  sink: DiagnosticSink,
): StageArtifact | undefined {
  return compileBound(sink, request, (to, own) =>
    own === request ? bound : bindStage(program, found, own, to),
  );
}

function compileBound<Request extends FoundRequest>(
  sink: DiagnosticSink,
  request: Request,
  bind: (sink: DiagnosticSink, request: Request) => BoundStage | undefined,
): StageArtifact | undefined {
  const bound = bind(sink, request);
  if (bound === undefined) return undefined;
  const { graphs, spec, memory, span } = bound;
  const smaller = (needed: NeededBytes) => smallerPieces(request, bound, needed, bind);
  const budgetAt = { span, hint: smaller };
  const { artifact } = assembleArtifact(graphs, { ...request, memory, budgetAt }, sink);
  if (sink.hasErrors) return undefined;
  const kept = memory === undefined ? {} : { memory: stageMemory(artifact.program, memory) };
  // The last step sees the whole batch, and gives what the program is for.
  const { sizes = artifact.sizes, outputs = artifact.outputs } = artifact.steps.at(-1) ?? {};
  return { ...artifact, sizes, outputs, stage: { ...spec, ...kept } };
}

/** What can be written where a budget is too small, if it helps; nothing is changed unasked. */
function smallerPieces<Request extends FoundRequest>(
  request: Request,
  { spec: { batch }, memory }: BoundStage,
  needed: NeededBytes,
  bind: (sink: DiagnosticSink, request: Request) => BoundStage | undefined,
): string | undefined {
  if (batch === undefined || memory === undefined) return undefined;
  const { total } = batch;
  const piece = fittingPiece({ ...batch, needed, budget: memory }, (size) => {
    const quiet = { ...request, piece: size, watch: undefined, onCheckpoint: undefined };
    const sink = new DiagnosticSink();
    const bound = bind(sink, quiet);
    if (bound === undefined || sink.hasErrors) return undefined;
    const { built } = assembleArtifact(bound.graphs, { ...quiet, memory }, sink);
    return neededBytes(built).least;
  });
  if (piece === undefined) return undefined;
  return `\`batch ${total} by ${piece}\` computes ${piece} samples at a time`;
}

interface BoundStage {
  readonly graphs: SizedGraphs;
  /** The loss as it is written, at the sizes of the whole batch; and those of one sample. */
  readonly forward: BoundGraph & { readonly sample: Extent };
  readonly spec: StageSpec;
  /** Bytes that all buffers together may take, where somebody says. */
  readonly memory: number | undefined;
  /** Of the phase. */
  readonly span: Span;
}

/** The phase as graphs with numbers for their sizes, as the back half of the compiler takes them; undefined after a report. */
export function boundStage(sink: DiagnosticSink, request: StageRequest): BoundStage | undefined {
  const { entry, loader, cell } = request;
  const program = checkFiles({
    entries: [entry],
    loader,
    parse: request.parse ?? parse,
    sink,
    only: cell === undefined ? onlyThat(request) : undefined,
  });
  if (sink.hasErrors) return undefined;
  const found =
    cell === undefined
      ? findStage(program, request, sink)
      : findCell(program, cell, request.phase, sink);
  if (found === undefined || sink.hasErrors) return undefined;
  return bindStage(program, found, request, sink);
}

function onlyThat({ stage, checkpoint, ...request }: StageRequest): OnlyStage {
  return { stage, hasCheckpoint: checkpoint !== undefined, isScheduled: isScheduled(request) };
}

/** The same for a stage of a program that is checked. */
export function bindStage(
  program: CheckedProgram,
  found: FoundStage,
  request: FoundRequest,
  sink: DiagnosticSink,
): BoundStage | undefined {
  const { layout, checkpoint } = request;
  const model = found.stage.syntax.of.text;
  const chosen = checkpoint && checkpointOf(program, { model, layout, checkpoint, sink });
  if (sink.hasErrors) return undefined;
  const plan = request.plan ?? planFor(program, found, chosen, request, sink);
  if (plan === undefined || sink.hasErrors) return undefined;
  if (request.purpose === "train") assertTrainable(plan, sink);
  if (isScheduled(request) && request.plan === undefined) assertScheduled(plan, sink);
  if (sink.hasErrors) return undefined;
  const sizesOf = (record: StageRecord) => sizesFor(record, plan, request, sink);
  const elaborated = elaborateStage({
    stage: found.stage,
    plan,
    sizesOf,
    reach: reachFrom,
    isTraining: request.purpose !== "evaluate",
  });
  if (elaborated === undefined || sink.hasErrors) return undefined;
  const reads = chosen && readsOf(elaborated, chosen, begunStorages(elaborated, plan));
  if (chosen && reads) request.onCheckpoint?.(surveyCheckpoint(elaborated, chosen, reads));
  if (sink.hasErrors) return undefined;
  const split = splitOf(elaborated, request);
  const learned = split === undefined ? elaborated : { ...elaborated, graph: split.rest };
  const batch = planBatch(learned, plan, request, sink);
  if (sink.hasErrors) return undefined;
  const { factorsAt } = request;
  const factors = factorsAt && scheduleFactors(elaborated, plan, factorsAt);
  if (sink.hasErrors) return undefined;
  const precision = stagePrecision(plan, elaborated.groups, request.precision);
  const own = stageSpec(found, plan, elaborated, batch.spec, precision);
  const frozen = split && { frozen: split.frozen.outputs.map(({ value }) => rowText(value)) };
  const spec = { ...own, ...frozen, ...(factors && { factors }) };
  const learning = learningOf(elaborated, plan, spec, precision, request);
  const behind = stageSteps({ elaborated: learned, name: plan.name, batch, precision, learning });
  const before = split && frozenOf(elaborated, split, batch.piece, precision);
  const steps = before === undefined ? behind : [before, ...behind];
  const { build, sizes } = elaborated;
  const graphs = { model, mode: plan.name, steps, build, sizes, reads };
  const memory = request.memory ?? plan.policy.memory;
  if (!areSizesRight(graphs.steps, sink)) return undefined;
  const forward = forwardOf(elaborated, precision, batch.total);
  return { graphs, forward, spec, memory, span: plan.span };
}

/** What frozen parts make, apart from the rest, where that is asked for and there is any. */
function splitOf(
  elaborated: ElaboratedStage,
  { keepFrozen, purpose }: FoundRequest,
): FrozenSplit | undefined {
  const samples = elaborated.graph.freeAxes.find(({ name }) => name === "B");
  if (keepFrozen !== true || purpose !== "train" || samples === undefined) return undefined;
  return splitFrozen(lossInSamples(elaborated, samples));
}

/** It is computed for as many samples at a time as the rest. */
function frozenOf(
  elaborated: ElaboratedStage,
  { frozen }: FrozenSplit,
  samples: number,
  precision: PrecisionPolicy,
): SizedStep {
  return { ...sizedGraph(elaborated, frozen, samples), precision, name: frozenStep };
}

function forwardOf(
  elaborated: ElaboratedStage,
  precision: PrecisionPolicy,
  samples: number,
): BoundStage["forward"] {
  const { graph } = elaborated;
  const { sizes: _, ...whole } = sizedGraph(elaborated, graph, samples);
  return { ...whole, precision, sample: sizedGraph(elaborated, graph, 1).extent };
}

/** What is said of sizes, where the record has axes of these names. */
function sizesFor(
  record: StageRecord,
  plan: CheckedPlan,
  { sizes = {}, sizesOf }: FoundRequest,
  sink: DiagnosticSink,
): Readonly<Record<string, number>> {
  const table = plan.model.checker.sizes;
  const extent = extentOf(table, new Map(record.freeAxes.map(({ size }) => [size, 1])));
  const axes = [...record.freeAxes, ...record.sizedAxes];
  const written = Object.fromEntries(axes.map((axis) => [axis.name, extent(axis)]));
  reportUnknownAxes(Object.keys(sizes), new Set(Object.keys(written)), plan.span, sink);
  const inputs = inputForms(record.inputs, extent);
  return { ...sizesOf?.({ inputs, sizes: written }), ...sizes };
}
