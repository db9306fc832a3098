import type { Axis, Graph, GraphInput, GraphOutput, Value } from "../../ir/graph/graph.ts";
import { graphResults, reachedFrom } from "../../ir/graph/graph-results.ts";
import { input } from "../../ops/build/build.ts";
import { conform } from "../axes/conform.ts";
import { checkLengths } from "../bodies/check-lengths.ts";
import { openSignature } from "../bodies/open-signature.ts";
import { runStatements } from "../bodies/statements.ts";
import { type Checker, everything } from "../core/checker.ts";
import type { Env, Instance, Storage } from "../core/entity.ts";
import { Scope } from "../core/scope.ts";
import { inputMaker } from "../modes/graph-inputs.ts";
import { storagesOf, storedOf } from "../modes/graph-stored.ts";
import { asOperand } from "../values/coerce.ts";
import type { CheckedPlan, CheckedStage } from "./checked-stage.ts";
import { declareTraining, recordOf } from "./stage-names.ts";
import { type TrainedGroup, trainedGroups } from "./trained-groups.ts";
import { trainedParts } from "./trained-parts.ts";

interface StageRequest {
  readonly stage: Pick<CheckedStage, "file" | "syntax">;
  readonly plan: CheckedPlan;
  /** Told the record as it is written; sizes that it gives go before those that are written there. */
  readonly sizesOf: (record: StageRecord) => Readonly<Record<string, number>>;
  /** Phases do not import each other: what differentiation says of the loss is handed in. */
  readonly reach: Reach;
  /** Whether parts in which something is trained know it, as they do if nothing is said; else all run as in a mode. */
  readonly isTraining?: boolean;
}

/**
 * Every value that the loss depends on: with the operation through which alone it does where that has no
 * gradient, with undefined where a gradient arrives.
 */
type Reach = (loss: Value) => ReadonlyMap<Value, string | undefined>;

/** What one training record is made of. */
export interface StageRecord {
  readonly inputs: readonly GraphInput[];
  /** Axes that every batch binds. */
  readonly freeAxes: readonly Axis[];
  /** Axes to which the record gives a size itself. */
  readonly sizedAxes: readonly Axis[];
}

/** One phase of a stage as a graph from a record to the loss, with all that later phases ask about it. */
export interface ElaboratedStage {
  /** Results in `loss` and what is watched. Gradients are not in it: it is differentiated further on. */
  readonly graph: Graph;
  /** Axes of the record to which it gives a size itself. */
  readonly sizedAxes: readonly Axis[];
  /** What `sizesOf` has given, by name. */
  readonly given: Readonly<Record<string, number>>;
  readonly build: Checker["build"];
  readonly sizes: Checker["sizes"];
  /** The elaboration itself and the model in it, for weights and resampling; nothing outside this phase reads them. */
  readonly checker: Checker;
  readonly instance: Instance;
  /** The parameters and buffers that the loss reads, in the order of declaration. */
  readonly stored: readonly Storage[];
  /** What is trained, by the lines of the stage. */
  readonly groups: readonly TrainedGroup[];
}

/**
 * Evaluates the loss of a phase with the bodies of what it calls. Random numbers are drawn by the number of each
 * sample in the run, the input `sample`: u32[B], which is there where the loss draws any. Undefined after a report.
 */
export function elaborateStage({
  stage,
  plan,
  sizesOf,
  reach,
  isTraining = true,
}: StageRequest): ElaboratedStage | undefined {
  const { instance } = plan.model;
  const checker: Checker = {
    ...plan.model.checker,
    known: everything,
    isTraining: isTraining ? trainedParts(plan.groups) : () => false,
  };
  const { sink } = checker;
  const before = sink.errorCount;
  checker.stateNow.clear();
  const written = openRecord(checker, plan.env, stage, {});
  const given = sizesOf(written);
  const isChanged = written.sizedAxes.some(({ name }) => given[name] !== undefined);
  const record = isChanged ? openRecord(checker, plan.env, stage, given) : written;
  const env: Env = { ...record.env, scope: new Scope("block", record.env.scope) };
  if (!isTraining) declareTraining(env.scope, false);
  const sample = sampleInput(checker, record, plan);
  const twin = record.inputs.find(({ name }) => name === sampleName);
  if (twin !== undefined) {
    const where = "the record of a stage, which has the numbers of its samples under it";
    sink.report("declared-twice", twin.span, { name: sampleName, where });
  }
  const drawing: Checker = { ...checker, samples: sample?.value };
  const loss = lossOf(drawing, env, plan);
  if (loss === undefined || sink.errorCount > before) return undefined;
  const watches = plan.loss.watched.flatMap((name) => watchOf(checker, env, name) ?? []);
  const outputs = [{ name: "loss", value: loss, dimensions: [] }, ...watches];
  const stored = storedOf(checker, outputs, new Map());
  if (stored === undefined || sink.errorCount > before) return undefined;
  const { freeAxes, sizedAxes } = record;
  const reached = reachedFrom(graphResults({ outputs, stored }));
  const isDrawn = sample !== undefined && reached.has(sample.value);
  const inputs = isDrawn ? [...record.inputs, sample] : record.inputs;
  const graph = { name: plan.name, inputs, stored, outputs, freeAxes };
  const groups = trainedGroups(checker, plan, reach(loss));
  if (sink.errorCount > before) return undefined;
  return {
    graph,
    sizedAxes,
    given,
    build: checker.build,
    sizes: checker.sizes,
    checker,
    instance,
    stored: storagesOf(checker, [graph]),
    groups,
  };
}

/** What the record of a plan is made of, as it is written. */
export function stageRecord(
  stage: StageRequest["stage"],
  { env, model }: Pick<CheckedPlan, "env" | "model">,
): StageRecord {
  return openRecord({ ...model.checker, known: everything }, env, stage, {});
}

function openRecord(
  checker: Checker,
  outer: Env,
  { file, syntax }: Pick<CheckedStage, "file" | "syntax">,
  sizes: Readonly<Record<string, number>>,
): StageRecord & { readonly env: Env } {
  const inputs: GraphInput[] = [];
  const makeInput = inputMaker(checker, outer, inputs);
  const opened = openSignature(checker, outer, recordOf(file, syntax), makeInput, { sizes });
  checkLengths(checker, opened.env, inputs);
  return { ...opened, inputs };
}

const sampleName = "sample";

/** The running numbers of the samples of a record; undefined where it has no axis of samples. */
function sampleInput(
  { build }: Checker,
  { freeAxes, sizedAxes }: StageRecord,
  { span }: CheckedPlan,
): GraphInput | undefined {
  const axis = [...freeAxes, ...sizedAxes].find(({ name }) => name === "B");
  if (axis === undefined) return undefined;
  const origin = { kind: "source", span, path: "" } as const;
  const value = input(build, sampleName, { element: "u32", axes: [axis] }, origin);
  return {
    name: sampleName,
    value,
    dimensions: [{ name: "B", axes: [axis] }],
    reader: undefined,
    span,
  };
}

/** The value of the block, whose names stay in `env`. */
function lossOf(checker: Checker, env: Env, { loss: { body } }: CheckedPlan): Value | undefined {
  const entity = runStatements(checker, env, body);
  if (entity.kind === "error") return undefined;
  const span = body.statements.at(-1)?.span ?? body.span;
  const demand = { element: "f32", axes: [], where: "`loss`", written: body.span } as const;
  return conform(checker, env, entity, demand, span);
}

/** A number that is logged beside the loss, as f32. */
function watchOf(checker: Checker, env: Env, name: string): GraphOutput | undefined {
  const entry = env.scope.find(name)?.entry;
  if (entry?.span === undefined) return undefined;
  const operand = asOperand(checker, env, entry.entity, entry.span);
  if (operand === undefined || operand.kind === "error") return undefined;
  const where = `what \`watch ${name}\` logs`;
  const demand = { element: "f32", axes: [], where, written: entry.span } as const;
  const value = conform(checker, env, operand, demand, entry.span);
  return value && { name, value, dimensions: [] };
}
