import { type CheckedProgram, checkFiles } from "../../2-check/check-files.ts";
import { canonicalPrograms } from "../../2-check/experiments/canonical-program.ts";
import type {
  CheckedExperiment,
  CheckedRun,
  Combination,
} from "../../2-check/experiments/checked-experiment.ts";
import {
  type CellStage,
  findExperiment,
  phaseOfCell,
  stageOfCell,
} from "../../2-check/experiments/find-cell.ts";
import { resolveCell } from "../../2-check/experiments/resolve-cells.ts";
import { phasesIn, planOf } from "../../2-check/stages/find-stage.ts";
import { startWeights } from "../../2-check/stages/start-weights.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { placeOf, type Span } from "../../source/source-file.ts";
import type { CompileOptions } from "../compile-options.ts";
import { knownMeasures } from "../evaluation/known-measures.ts";
import { namedSource } from "../load/named-source.ts";
import { parseOnce } from "../load/parse-once.ts";
import { cellName, cellValues } from "./cell-names.ts";
import { type CellProgram, cellCosts, type StagedCell } from "./cost-cell.ts";
import { gatherDiagnostics } from "./gather-diagnostics.ts";
import { identifyCell } from "./identify-cell.ts";
import { seedNotes } from "./seed-notes.ts";
import type { Cell, LeftOutCell, RunLength, Study } from "./study.ts";
import type { StudyOptions } from "./study-options.ts";

/** A study, or what keeps it from being one: errors, each with the cells that it concerns. */
interface ResolvedStudy {
  readonly study: Study | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What an experiment of a file comes to: its cells, each checked, named and costed. Nothing is run, and no device is
 * opened. All cells are checked before the first is costed.
 *
 * @throws {RuntimeFault} `file-missing`.
 */
export function resolveStudy(
  file: CompileOptions["file"],
  experiment: string,
  options: StudyOptions = {},
): ResolvedStudy {
  const sink = new DiagnosticSink();
  const { entry, loader } = namedSource(file);
  const program = checkFiles({
    entries: [entry],
    loader: loader(),
    parse: parseOnce,
    sink,
    resolvesCells: true,
    measures: knownMeasures,
  });
  const found = sink.hasErrors ? undefined : findExperiment(program, experiment, sink);
  const run = found?.run;
  if (found !== undefined && run === undefined) reportNoRun(found, sink);
  if (found === undefined || run === undefined || sink.hasErrors)
    return { study: undefined, diagnostics: sink.diagnostics };
  const { cells, gathered, notes } = cellsOf(program, found, run, options);
  const diagnostics = [...sink.diagnostics, ...gathered.diagnostics];
  const study = gathered.hasErrors ? undefined : studyOf(found, run, cells, notes);
  return { study, diagnostics };
}

function reportNoRun({ syntax }: CheckedExperiment, sink: DiagnosticSink): void {
  const { text, span } = syntax.name;
  const missing = { callee: `\`${text}\``, name: "run", signature: "run STAGE for 100 steps" };
  sink.report("missing-argument", span, missing);
}

interface PlacedCell extends StagedCell {
  readonly at: Combination["at"];
}

/** Every cell, first in its model and its stage, then counted. */
function cellsOf(
  program: CheckedProgram,
  experiment: CheckedExperiment,
  run: CheckedRun,
  options: StudyOptions,
) {
  const gathered = gatherDiagnostics();
  const { overrides } = overridesOf(options);
  const programOf = canonicalPrograms();
  const resolved = experiment.kept.flatMap((changes): PlacedCell[] => {
    const own = new DiagnosticSink();
    const cell = resolveCell(experiment, run, changes, own, { above: overrides, programOf });
    const stage = cell && stageOfCell(program, experiment, cell, own, overrides);
    gathered.add(cellName(experiment, changes), own.diagnostics);
    return cell === undefined || stage === undefined ? [] : [{ ...cell, stage, at: changes.at }];
  });
  if (gathered.hasErrors) return { cells: [], gathered, notes: [] };
  const costs = cellCosts(program, experiment, { ...options, overrides });
  const baselines = baselineNames(experiment);
  const notes: string[] = [];
  const all = resolved.length;
  const cells: Cell[] = [];
  // What is counted is let go: graphs hang on the model of their cell, and those of a whole study fill the memory.
  const waiting = resolved.reverse();
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    const own = new DiagnosticSink();
    const { changes, difference } = cell;
    const name = cellName(experiment, changes);
    options.onCell?.(name, all - waiting.length - 1, all);
    const costed = costs(cell, own);
    const steps = costed && stepsOf(run, costed, own);
    gathered.add(name, own.diagnostics);
    if (costed === undefined) continue;
    if (costed.tooLarge !== undefined) notes.push(`\`${name}\` does not fit: ${costed.tooLarge}`);
    cells.push({
      name,
      identity: identifyCell(cell),
      difference: difference.map(({ path, kind, value }) => ({ path, kind, value })),
      values: cellValues(experiment, changes),
      stage: run.stage.name.text,
      phase: run.phase,
      steps,
      start: changes.start,
      starts: startsOf(cell.stage, own),
      data: (changes.data ?? []).map((set) => set.name),
      baseline: baselines(cell.at),
      cost: costed.cost,
    });
  }
  return { cells, gathered, notes };
}

/** What a cell's weights come from, as the first phase that it runs says it. */
function startsOf(stage: CellStage, sink: DiagnosticSink): readonly string[] {
  const first = phaseOfCell(stage, stage.phase ?? phasesIn(stage.stage)[0], sink);
  return startWeights((first && planOf(first)?.policy.starts) ?? []);
}

function overridesOf({ set = {} }: StudyOptions) {
  return {
    overrides: Object.entries(set).map(([path, value]) => ({ path, value, mayBeIdle: true })),
  };
}

/** How many steps a cell trains for; undefined for minutes, and where only the data says it. */
function stepsOf(
  { length, span }: CheckedRun,
  { phases, steps }: CellProgram,
  sink: DiagnosticSink,
): number | undefined {
  if (length === undefined) return steps;
  if (length.unit === "steps") return length.amount;
  if (length.unit === "minutes") return undefined;
  let left = length.amount;
  let whole = 0;
  for (const [n, { flopsPerStep, steps: most = Number.POSITIVE_INFINITY }] of phases.entries()) {
    const isLast = n === phases.length - 1;
    const own = Math.min(Math.floor(left / flopsPerStep), isLast ? Number.POSITIVE_INFINITY : most);
    whole += own;
    left -= own * flopsPerStep;
    if (own < most) break;
  }
  const [{ flopsPerStep: step } = { flopsPerStep: 0 }] = phases;
  if (whole < 1) sink.report("few-flops", span, { flops: length.amount, step });
  return whole;
}

/** The name of the cell that another is compared with, by its choices; undefined for a baseline itself. */
function baselineNames(
  experiment: CheckedExperiment,
): (at: Combination["at"]) => string | undefined {
  const { baseline, kept } = experiment;
  if (baseline === undefined) return () => undefined;
  const names = new Map(kept.map((cell) => [cell.at.join(), cellName(experiment, cell)]));
  return (at) => {
    const its = at.map((choice, dimension) => baseline.get(dimension) ?? choice).join();
    return its === at.join() ? undefined : names.get(its);
  };
}

function studyOf(
  experiment: CheckedExperiment,
  run: CheckedRun,
  cells: readonly Cell[],
  notes: readonly string[],
): Study {
  const {
    syntax,
    seeds: range = { from: 0, to: 1 },
    grid,
    measures,
    reports,
    halving,
  } = experiment;
  const seeds = Array.from({ length: range.to - range.from }, (_, n) => range.from + n);
  return {
    name: syntax.name.text,
    model: experiment.subject.item.syntax.name.text,
    cells,
    leftOut: experiment.leftOut.map(
      ({ combination, by }): LeftOutCell => ({
        name: cellName(experiment, combination),
        by: lineOf(by),
      }),
    ),
    seeds,
    run: lengthOf(run),
    halving,
    measures,
    reports,
    dimensions: grid.dimensions.flatMap(({ names }) => names),
    notes: [...seedNotes(seeds.length, cells), ...equalNotes(cells), ...notes],
  };
}

function lineOf({ file, start }: Span): string {
  return `${file.path}:${placeOf(file, start).line}`;
}

function lengthOf({ length }: CheckedRun): RunLength {
  return length === undefined ? { kind: "stage" } : { kind: length.unit, amount: length.amount };
}

/** Cells under different names that are the same work. */
function equalNotes(cells: readonly Cell[]): readonly string[] {
  const byIdentity = new Map<string, Cell[]>();
  for (const cell of cells)
    byIdentity.set(cell.identity, [...(byIdentity.get(cell.identity) ?? []), cell]);
  return [...byIdentity.values()].flatMap((same) => {
    if (same.length < 2) return [];
    const names = same.map(({ name }) => `\`${name}\``).join(" and ");
    return [`${names} come to the same work, which is done once`];
  });
}
