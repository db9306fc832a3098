import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ExperimentSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, signatureOnly } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";
import type { Env, LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { stringOf } from "../stages/stage-values.ts";
import { asOperand, coerceStatic } from "../values/coerce.ts";
import { checkArguments } from "../variants/check-arguments.ts";
import { findSubject } from "../variants/find-subject.ts";
import { makeModel } from "../variants/make-model.ts";
import { modelEnv } from "../variants/model-scope.ts";
import { plainStatic } from "../variants/read-overrides.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { type GridPlace, gridOf, noChoice, together, variantsOf } from "./cells.ts";
import { checkReport } from "./check-report.ts";
import { checkRun } from "./check-run.ts";
import type { CheckedExperiment, CheckedMeasure } from "./checked-experiment.ts";
import { measures } from "./measures.ts";

/**
 * Names and types of an experiment: every value and part of its grid is put into the model once. The
 * cells themselves, each a combination, are made when the experiment is resolved.
 */
export function checkExperiment(
  around: Surroundings,
  file: LoadedFile,
  experiment: ExperimentSyntax,
): CheckedExperiment | undefined {
  const { sink, declared } = around;
  const subject = findSubject(sink, file, experiment.of);
  const model = subject && declared(subject.item, experiment.of.span);
  if (subject === undefined || model === undefined) return undefined;
  const env = modelEnv(file, model.instance);
  const checker: Checker = { ...signatureOnly(model.checker), sink };
  const place: GridPlace = { checker, env, instance: model.instance, file };
  const runs = experiment.trials.flatMap((trial) =>
    trial.kind === "run" ? (checkRun(place, subject, model, trial) ?? []) : [],
  );
  const before = runs.flatMap(({ overrides }) => overrides);
  const grid = gridOf(place, experiment.trials, before);
  const models = variantsOf(grid).flatMap(({ overrides, replacements }) => {
    const made = makeModel(sink, {
      item: subject.item,
      file,
      place: experiment.of.span,
      overrides: [...before, ...overrides],
      replacements,
    });
    return made === undefined ? [] : [made.instance];
  });
  let start: string | undefined;
  let seeds: CheckedExperiment["seeds"];
  const checked: CheckedMeasure[] = [];
  const measured = new Map<string, readonly string[] | undefined>();
  const names = { case: new Map<string, Span>(), measure: new Map<string, Span>() };
  for (const trial of experiment.trials) {
    if (trial.kind === "case" || trial.kind === "measure")
      declareOnce(checker, experiment, names[trial.kind], trial);
    if (trial.kind === "start") start = stringOf(place, { entry: "start" }, trial.value);
    if (trial.kind === "seeds") seeds = checkSeeds(checker, env, trial);
    if (trial.kind !== "measure") continue;
    const measure = checkMeasure(checker, env, trial);
    measured.set(trial.name.text, measure?.fields);
    if (measure !== undefined) checked.push({ name: trial.name.text, ...measure });
  }
  const columns = { measured, paths: grid.paths, models: [model.instance, ...models] };
  return {
    syntax: experiment,
    file,
    subject,
    declared: model,
    runs,
    grid: { ...grid, fixed: together([grid.fixed, { ...noChoice, start }]) },
    seeds,
    measures: checked,
    reports: experiment.trials.flatMap((trial) =>
      trial.kind === "report" ? (checkReport(checker, trial.value, columns) ?? []) : [],
    ),
  };
}

function declareOnce(
  context: Reporting,
  experiment: ExperimentSyntax,
  seen: Map<string, Span>,
  trial: Extract<TrialSyntax, { kind: "case" | "measure" }>,
): void {
  const { text, span } = trial.name;
  const earlier = seen.get(text);
  seen.set(text, span);
  if (earlier === undefined) return;
  const related = [{ span: earlier, text: "the earlier declaration" }];
  context.sink.report(
    "declared-twice",
    span,
    { name: text, where: `experiment \`${experiment.name.text}\`` },
    { related },
  );
}

function checkSeeds(
  checker: Checker,
  env: Env,
  trial: Extract<TrialSyntax, { kind: "seeds" }>,
): CheckedExperiment["seeds"] {
  const bounds = [trial.from, trial.to].map((expr) => {
    const entity = coerceStatic(
      checker,
      env,
      asOperand(checker, env, checker.evaluate(checker, env, expr), expr.span) ?? { kind: "error" },
      "int",
      { callee: "`seeds`", name: "a bound" },
      expr.span,
    );
    return entity.kind === "static" && entity.value.type === "int"
      ? checker.sizes.valueOf(entity.value.value)
      : undefined;
  });
  const [from, to] = bounds;
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return { from, to };
  const found = `${textOf(trial.from.span)}..${textOf(trial.to.span)}`;
  checker.sink.report("argument-type", trial.span, {
    callee: "`seeds`",
    name: { phrase: "the range" },
    needed: "one with a number in it",
    found,
  });
  return undefined;
}

/** The measure with the numbers that it gives; undefined after a report, so that columns of it are silent. */
function checkMeasure(
  checker: Checker,
  env: Env,
  { name, value }: Extract<TrialSyntax, { kind: "measure" }>,
): Omit<CheckedMeasure, "name"> | undefined {
  const callee = value.kind === "call" && value.callee.kind === "name" ? value.callee : undefined;
  if (value.kind === "error") return undefined;
  if (callee === undefined || value.kind !== "call") {
    const params = {
      callee: "`measure`",
      name: name.text,
      needed: "a call of a measure",
      found: `\`${textOf(value.span)}\``,
    };
    checker.sink.report("argument-type", value.span, params);
    return undefined;
  }
  const measure = measures.get(callee.name);
  if (measure === undefined) {
    checker.sink.report("unknown-measure", callee.span, {
      name: callee.name,
      nearest: nearestNames(callee.name, measures.keys()),
      available: [...measures.keys()],
    });
    return undefined;
  }
  const { parameters, fields } = measure;
  const args = value.args ?? [];
  const given = checkArguments(checker, env, callee.name, parameters, args, value.span);
  const settings: Record<string, ModelOverride["value"]> = {};
  for (const [setting, found] of given) {
    const plain = plainStatic(checker, found);
    if (plain !== undefined) settings[setting] = plain;
  }
  return { task: callee.name, settings, fields };
}
