import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { StageSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Env, LoadedFile } from "../core/entity.ts";
import { changesOf } from "../stages/plan-overrides.ts";
import { plansOf } from "../stages/stage-plans.ts";
import { numberOf } from "../stages/stage-values.ts";
import { findSubject, type Subject } from "../variants/find-subject.ts";
import type { MadeModel } from "../variants/make-model.ts";
import { modelEnv } from "../variants/model-scope.ts";
import { aboveZero, atLeastOne } from "../variants/value-range.ts";
import type { CheckedRun, RunStage } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";

type RunSyntax = Extract<TrialSyntax, { kind: "run" }>;

/** `run stage.phase for n steps`, with the overrides of that stage or phase, which the experiment goes on from. */
export function checkRun(
  place: GridPlace,
  subject: Subject,
  model: MadeModel,
  run: RunSyntax,
): CheckedRun | undefined {
  const { checker, env, file } = place;
  const { amount: written, unit } = run;
  const [type, range] =
    unit === "steps" ? (["int", atLeastOne] as const) : (["float", aboveZero] as const);
  const amount = written && numberOf(place, { entry: "run", name: unit }, written, type, range);
  const found = findStage(checker, env, file, run);
  if (found === undefined) return undefined;
  const silent = new DiagnosticSink();
  const its = findSubject(silent, found.file, found.stage.of);
  if (its === undefined) return undefined;
  if (its.module !== subject.module) {
    const [needed, other] = [subject.module.name.text, its.module.name.text];
    const params = {
      callee: "`run`",
      name: textOf(run.stage.span),
      needed: `a stage of ${needed}`,
      found: `one of ${other}`,
    };
    const related = [{ span: found.stage.of.span, text: "the stage is of this model" }];
    checker.sink.report("argument-type", run.stage.span, params, { related });
    return undefined;
  }
  const plans = plansOf(silent, found.stage);
  const [base] = plans;
  const [step] = run.stage.steps;
  const phase =
    step?.kind === "name"
      ? plans.find((plan) => plan.phase?.name.text === step.name.text)
      : undefined;
  if (step !== undefined && (phase === undefined || run.stage.steps.length > 1)) {
    reportPhase(checker, found.stage, run);
    return undefined;
  }
  const plan = phase ?? base;
  if (plan === undefined) return undefined;
  // What is wrong with the stage itself is reported where it is checked.
  const quiet: Checker = { ...checker, sink: silent };
  const { overrides } = changesOf(quiet, modelEnv(found.file, model.instance), plan, plans);
  return {
    ...found,
    phase: phase?.phase?.name.text,
    length: amount === undefined ? undefined : { unit, amount },
    overrides: overrides.map((override) => ({ ...override, mayBeIdle: true, span: run.span })),
    span: run.span,
  };
}

function findStage(
  context: Naming & Reporting,
  env: Env,
  file: LoadedFile,
  run: RunSyntax,
): Omit<RunStage, "phase"> | undefined {
  const { text, span } = run.stage.head;
  const entity = file.scope.find(text)?.entry.entity;
  if (entity?.kind === "error") return undefined;
  if (entity?.kind === "item" && entity.item.syntax.kind === "stage")
    return { stage: entity.item.syntax, file: entity.item.file };
  const stages = file.scope.names(
    (entry) => entry.entity.kind === "item" && entry.entity.item.syntax.kind === "stage",
  );
  const label = { label: entity && describe(context, env, entity) };
  context.sink.report(
    "unknown-name",
    span,
    { kind: "stage", name: text, nearest: nearestNames(text, stages) },
    label,
  );
  return undefined;
}

function reportPhase(context: Reporting, stage: StageSyntax, run: RunSyntax): void {
  const phases = stage.entries.flatMap((entry) =>
    entry.kind === "phase" ? [entry.name.text] : [],
  );
  const name = textOf(run.stage.span).slice(run.stage.head.text.length).replace(/^\./, "");
  const related = [{ span: stage.name.span, text: "the stage is declared here" }];
  context.sink.report(
    "unknown-name",
    run.stage.span,
    { kind: "phase", name, nearest: nearestNames(name, phases) },
    { related },
  );
}
