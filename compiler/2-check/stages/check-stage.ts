import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { once } from "../../ir/once.ts";
import type { StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ParameterValue } from "../bodies/open-signature.ts";
import { type Checker, everything, opaque, signatureOnly } from "../core/checker.ts";
import type { Item, LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { type CellChanges, noChanges } from "../variants/cell-changes.ts";
import { findSubject } from "../variants/find-subject.ts";
import { type MadeModel, makeModel } from "../variants/make-model.ts";
import { modelEnv, promisedEnv } from "../variants/model-scope.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { checkAdapters } from "./check-adapters.ts";
import { checkGroups } from "./check-groups.ts";
import { checkLoss } from "./check-loss.ts";
import { checkOptimizer } from "./check-optimizer.ts";
import { checkPhaseLengths } from "./check-phase-lengths.ts";
import { checkPhaseSizes } from "./check-phase-sizes.ts";
import { checkPolicy } from "./check-policy.ts";
import { checkSchedule } from "./check-schedule.ts";
import type { CheckedPlan, CheckedPolicy, CheckedStage } from "./checked-stage.ts";
import { type Changes, changesOf } from "./plan-overrides.ts";
import { reportUnknownRates, withRates } from "./set-rates.ts";
import { openRecord, stageNames } from "./stage-names.ts";
import { entriesOf, plansOf, type StagePlan } from "./stage-plans.ts";
import type { PlanPlace } from "./stage-values.ts";

/** What the stage is checked under, beside its own text. */
interface StageVariant {
  /** The one phase that is of interest; without it all of them. */
  readonly phase?: string | undefined;
  /** Overrides that the stage's own go before: what the configuration of a checkpoint says. */
  readonly below: readonly ModelOverride[];
  /** What a cell of an experiment changes; it goes before what the stage says, and behind the command line. */
  readonly cell?: CellChanges | undefined;
  /** The last phase that a cell runs: those behind it are left out. */
  readonly last?: string | undefined;
  /** A model that is made already, of a plan that changes just this. */
  readonly made?: PlannedModel | undefined;
  /** Overrides that go before the stage's own: those of the command line. */
  readonly above: readonly ModelOverride[];
  /** How many steps of training there are, in the place of what the stage says. */
  readonly steps?: number | undefined;
}

const asWritten: StageVariant = { below: [], above: [] };

/**
 * Names and types of a stage: every phase is checked in the model as its overrides make it, with the
 * slots seen through their interfaces. What was found is returned for the elaboration of the stage;
 * undefined where there is no model. Which parameters the loss reaches, and what it all costs, is
 * found out when the stage is elaborated.
 */
export function checkStage(
  around: Surroundings,
  file: LoadedFile,
  stage: StageSyntax,
  variant: StageVariant = asWritten,
): CheckedStage | undefined {
  const subject = findSubject(around.sink, file, stage.of);
  if (subject === undefined) return undefined;
  const plans = plansOf(around.sink, stage);
  const declared = once(() => around.declared(subject.item, stage.of.span));
  const check: StageCheck = { around, file, stage, item: subject.item, declared, variant };
  const { phase } = variant;
  const wanted = wantedOf(plans, variant);
  const isAsDeclared = (plan: StagePlan) => !isAdapted(plan) && variant.above.length === 0;
  const isNeeded =
    variant === asWritten || wanted.some((plan) => changesModel(plan) || isAsDeclared(plan));
  if (isNeeded && declared() === undefined) return undefined;
  const checkAll = () =>
    wanted.flatMap((plan) => {
      const made = modelOf(check, plan, plans);
      return (made && checkPlan(check, plan, made)) ?? [];
    });
  // A cell may lack a part that the stage trains: that a selector means nothing is told of the stage as it is written.
  const checked =
    variant.cell === undefined ? checkAll() : around.sink.ignoring("idle-selector", checkAll);
  if (checked.length === wanted.filter(({ isBase }) => !isBase).length) {
    checkPhaseSizes(around, subject.item, checked);
    checkPhaseLengths(around.sink, checked);
    const { rates } = variant.cell ?? noChanges;
    const lines = checked.flatMap(({ groups }) => groups);
    if (phase === undefined) reportUnknownRates(around.sink, lines, rates);
  }
  return { syntax: stage, file, plans: checked };
}

/** The one phase that is asked for. Of a cell what it runs: the stage above its phases is checked as it is written. */
function wantedOf(
  plans: readonly StagePlan[],
  { phase, cell, last }: StageVariant,
): readonly StagePlan[] {
  if (phase !== undefined) return plans.filter((plan) => plan.phase?.name.text === phase);
  if (cell === undefined) return plans;
  const end = plans.findIndex((plan) => plan.phase?.name.text === last);
  const run = last === undefined ? plans : plans.slice(0, end + 1);
  return run.filter(({ isBase }) => !isBase);
}

interface StageCheck {
  readonly around: Surroundings;
  readonly file: LoadedFile;
  readonly stage: StageSyntax;
  readonly item: Item;
  /** The model before the stage sets anything in it, made where it is asked for; undefined after a report. */
  readonly declared: () => MadeModel | undefined;
  readonly variant: StageVariant;
}

interface PlannedModel {
  readonly model: MadeModel;
  /** What the plan, and who asks for it, set in it. */
  readonly overrides: readonly ModelOverride[];
}

/** Does it say what of its model is other than declared? */
function changesModel({ entries }: StagePlan): boolean {
  return entries.some(({ kind }) => kind === "set" || kind === "replace");
}

/** Adapters are put into the model of their plan, which is nobody else's then. */
function isAdapted(plan: StagePlan): boolean {
  return entriesOf(plan, "adapt").length > 0;
}

/** What a plan changes in its model, read where that is as it was declared. */
function changesIn(
  { file, declared, variant }: StageCheck,
  plan: StagePlan,
  plans: readonly StagePlan[],
): Changes | undefined {
  if (!changesModel(plan)) return { overrides: [], replacements: [] };
  const model = declared();
  if (model === undefined) return undefined;
  const checker = signatureOnly(model.checker);
  // The plan's own axes may have a size only in the model that the plan makes: that is reported there.
  const silent: Checker = { ...checker, sink: new DiagnosticSink() };
  const { env } = stageNames(silent, modelEnv(file, model.instance), plan, variant.steps);
  return changesOf(checker, env, plan, plans);
}

/** The model of a plan. */
function modelOf(
  check: StageCheck,
  plan: StagePlan,
  plans: readonly StagePlan[],
): PlannedModel | undefined {
  const { file, stage, item, declared, variant } = check;
  const { sink } = check.around;
  const changes = changesIn(check, plan, plans);
  if (changes === undefined) return undefined;
  const { cell = noChanges } = variant;
  const replacements = [...changes.replacements, ...cell.replacements];
  const own = [...changes.overrides, ...cell.overrides, ...variant.above];
  if (!isAdapted(plan) && own.length === 0 && replacements.length === 0) {
    const model = declared();
    return model && { model, overrides: [] };
  }
  const overrides = [...variant.below, ...own];
  const isMade =
    !isAdapted(plan) && changes.replacements.length === 0 && variant.below.length === 0;
  if (isMade && variant.made !== undefined && isSame(variant.made.overrides, own))
    return { model: variant.made.model, overrides: own };
  const made = makeModel(sink, { item, file, place: stage.of.span, overrides, replacements });
  // An override that is wrong leaves its model, in which the rest of the stage can still be checked.
  const model = made ?? (replacements.length === 0 ? declared() : undefined);
  return model && { model, overrides: own };
}

function isSame(some: readonly ModelOverride[], others: readonly ModelOverride[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ path, value }, n) => path === others[n]?.path && value === others[n]?.value)
  );
}

/** Data and first weights, as the cell has them where it says so: what it starts from goes before all that its stage names. */
function behindCell(
  policy: CheckedPolicy,
  { data, start }: CellChanges = noChanges,
): CheckedPolicy {
  const starts = start === undefined ? policy.starts : [{ path: start, part: "" }];
  return { ...policy, data: data ?? policy.data, starts };
}

/** What one plan asks for; undefined after a report, and for a stage that its phases stand in for. */
function checkPlan(
  { around, file, stage, variant }: StageCheck,
  plan: StagePlan,
  { model, overrides }: PlannedModel,
): CheckedPlan | undefined {
  const { instance } = model;
  const before = around.sink.errorCount;
  const checker: Checker = {
    ...signatureOnly(model.checker),
    noteType: (...found) => around.noteType(checker, ...found),
  };
  const { env, steps } = stageNames(checker, promisedEnv(file, instance), plan, variant.steps);
  const makeValue: ParameterValue = (param, _, type) =>
    opaque(checker, env, param.span, type, param.name.text);
  const record = openRecord(checker, env, file, stage, makeValue);
  const loss = checkLoss(checker, record.env, plan);
  // Settings are computed now. Above its phases a stage may lack the `batch` that they hang on.
  const settled: Checker = { ...checker, known: everything };
  const place: PlanPlace = { checker: plan.isBase ? checker : settled, env, instance };
  const [optimizer] = entriesOf(plan, "optimizer").map(({ part }) =>
    checkOptimizer(settled, env, part, around.files),
  );
  const [schedule] = entriesOf(plan, "setting").flatMap(({ name, value }) =>
    name === "schedule" ? [checkSchedule(checker, env, value, steps)] : [],
  );
  const adapters = checkAdapters(place, plan, around.files);
  const policy = behindCell(checkPolicy(place, plan, variant.steps), variant.cell);
  const { rates } = variant.cell ?? noChanges;
  const groups = withRates(around.sink, checkGroups(place, plan, adapters), rates);
  if (plan.isBase) return undefined;
  if (entriesOf(plan, "loss").length === 0) {
    const params = { callee: `\`${plan.name}\``, name: "loss", signature: "loss { ... }" };
    checker.sink.report("missing-argument", plan.span, params);
  }
  if (loss === undefined || around.sink.errorCount > before) return undefined;
  const { name, span } = plan;
  const { inputs } = record;
  const values = { optimizer, schedule, groups, adapters, policy };
  return { name, span, model, overrides, env, inputs, loss, ...values };
}
