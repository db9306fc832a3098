import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { once } from "../../ir/once.ts";
import type { ExperimentSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { type Checker, signatureOnly } from "../core/checker.ts";
import { textOf } from "../core/describe.ts";
import type { Env, LoadedFile } from "../core/entity.ts";
import { stringOf } from "../stages/stage-values.ts";
import { asOperand, coerceStatic } from "../values/coerce.ts";
import { findSubject } from "../variants/find-subject.ts";
import { type MadeModel, makeModel } from "../variants/make-model.ts";
import { modelEnv } from "../variants/model-scope.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import {
  combinationsOf,
  countCombinations,
  gridOf,
  noChoice,
  together,
  variantsOf,
} from "./cells.ts";
import { checkBaseline } from "./check-baseline.ts";
import { checkHalving } from "./check-halving.ts";
import { checkMeasure, type MeasureSurroundings } from "./check-measure.ts";
import { checkReport } from "./check-report.ts";
import { checkRun } from "./check-run.ts";
import { keepWhere } from "./check-where.ts";
import type { CheckedExperiment, CheckedMeasure, Choice } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";
import { reportRepeatedTrials, type WrittenTrial, writtenExperiment } from "./written-trials.ts";

/**
 * Names and types of an experiment: every value and part of its grid is put into the model once. The cells themselves,
 * each a combination, are made when the experiment is resolved; before, only `where` looks at each of them.
 */
export function checkExperiment(
  around: Surroundings,
  file: LoadedFile,
  experiment: ExperimentSyntax,
): CheckedExperiment | undefined {
  const { sink, declared } = around;
  const written = writtenExperiment(sink, file, experiment);
  if (written === undefined) return undefined;
  reportRepeatedTrials(sink, experiment);
  const { of, trials } = written;
  const subject = findSubject(sink, of.file, of.name);
  const model = subject && declared(subject.item, of.name.span);
  if (subject === undefined || model === undefined) return undefined;
  const placeOf = placesIn(model, sink);
  const place = placeOf(file);
  const [run] = trials.flatMap(({ syntax, file: own }) =>
    syntax.kind === "run" ? [checkRun(placeOf(own), subject, model, syntax)] : [],
  );
  const before = run?.overrides ?? [];
  const grid = gridOf(trials, placeOf, before);
  const entries = readTrials(trials, placeOf, { measures: around.measures, run });
  const whole = { ...grid, fixed: together([grid.fixed, { ...noChoice, start: entries.start }]) };
  const cells = cellsIn({ ...place, subject, before, span: of.name.span }, trials, whole);
  const modelsOf = (told: DiagnosticSink) =>
    variantsIn(whole, trials, cells.kept).flatMap(({ overrides, replacements }) => {
      const all = { overrides: [...before, ...overrides], replacements };
      const made = makeModel(told, { item: subject.item, file, place: of.name.span, ...all });
      return made === undefined ? [] : [made.instance];
    });
  const checked = around.resolvesCells === true ? undefined : modelsOf(sink);
  const columns = {
    measured: entries.measured,
    paths: grid.paths,
    declared: model.instance,
    variants: once(() => checked ?? modelsOf(new DiagnosticSink())),
  };
  const oneOf = <K extends TrialSyntax["kind"]>(kind: K) => trialsOf(trials, kind).at(-1);
  const [baseline, halve] = [oneOf("baseline"), oneOf("halve")];
  return {
    syntax: experiment,
    file,
    subject,
    place: of.name.span,
    declared: model,
    run,
    grid: whole,
    ...cells,
    baseline: baseline && checkBaseline(placeOf(baseline.file), baseline.syntax, whole, cells),
    halving: halve && checkHalving(placeOf(halve.file), halve.syntax, run, entries.measured),
    seeds: entries.seeds,
    measures: entries.measures,
    reports: trialsOf(trials, "report").flatMap(
      ({ syntax }) => checkReport(place.checker, syntax.value, columns) ?? [],
    ),
  };
}

function placesIn(model: MadeModel, sink: DiagnosticSink): (file: LoadedFile) => GridPlace {
  const checker: Checker = { ...signatureOnly(model.checker), sink };
  const places = new Map<LoadedFile, GridPlace>();
  return (file) => {
    const known = places.get(file);
    if (known !== undefined) return known;
    const { instance } = model;
    const place = { checker, env: modelEnv(file, instance), instance, file };
    places.set(file, place);
    return place;
  };
}

type TrialOf<K extends TrialSyntax["kind"]> = Extract<TrialSyntax, { kind: K }>;

function trialsOf<K extends TrialSyntax["kind"]>(
  trials: readonly WrittenTrial[],
  kind: K,
): readonly { readonly syntax: TrialOf<K>; readonly file: LoadedFile }[] {
  return trials.flatMap(({ syntax, file }) =>
    syntax.kind === kind ? [{ syntax: syntax as TrialOf<K>, file }] : [],
  );
}

/** Entries that are values alone. */
function readTrials(
  trials: readonly WrittenTrial[],
  placeOf: (file: LoadedFile) => GridPlace,
  around: MeasureSurroundings,
) {
  let start: string | undefined;
  let seeds: CheckedExperiment["seeds"];
  const found: CheckedMeasure[] = [];
  const measured = new Map<string, readonly string[] | undefined>();
  for (const { syntax, file } of trials) {
    const place = placeOf(file);
    const { checker, env } = place;
    if (syntax.kind === "start") start = stringOf(place, { entry: "start" }, syntax.value);
    if (syntax.kind === "seeds") seeds = checkSeeds(checker, env, syntax);
    if (syntax.kind !== "measure") continue;
    const measure = checkMeasure(place, syntax, around);
    measured.set(syntax.name.text, measure?.fields);
    if (measure !== undefined) found.push(measure);
  }
  return { start, seeds, measures: found, measured };
}

/** The combinations that are cells; none after a report of too many. */
function cellsIn(
  place: Parameters<typeof keepWhere>[0],
  trials: readonly WrittenTrial[],
  grid: CheckedExperiment["grid"],
): Pick<CheckedExperiment, "kept" | "leftOut"> {
  const count = countCombinations(grid);
  if (count <= mostCells) return keepWhere(place, trials, combinationsOf(grid));
  const params = {
    callee: "the experiment",
    name: { phrase: "the grid" },
    needed: `${mostCells} cells at most`,
    found: String(count),
  };
  const hint = "draw some of them with `sample`, or leave some out";
  place.checker.sink.report("argument-type", place.span, params, { hint });
  return { kept: [], leftOut: [] };
}

const mostCells = 20_000;

/** Models that have every choice, without those that `where` leaves out. */
function variantsIn(
  grid: CheckedExperiment["grid"],
  trials: readonly WrittenTrial[],
  kept: readonly Choice[],
): readonly Choice[] {
  const isWhole = trialsOf(trials, "where").length === 0;
  return isWhole ? variantsOf(grid) : kept.slice(0, mostVariants);
}

/** Others are made when the experiment is resolved. */
const mostVariants = 64;

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
