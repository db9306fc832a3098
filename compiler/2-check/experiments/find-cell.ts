import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { checkStage } from "../stages/check-stage.ts";
import { type FoundStage, findPhase, phasesIn, planOf } from "../stages/find-stage.ts";
import type { CellChanges } from "../variants/cell-changes.ts";
import { type MadeModel, makeModel } from "../variants/make-model.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { canonicalPrograms } from "./canonical-program.ts";
import type { CheckedExperiment, Choice } from "./checked-experiment.ts";
import { type ResolvedCell, resolveCell } from "./resolve-cells.ts";

interface ExperimentsOfFiles {
  readonly entries: readonly LoadedFile[];
  readonly files: readonly LoadedFile[];
  readonly experiments: readonly CheckedExperiment[];
}

/** Which cell of which experiment is meant. */
export interface CellPick {
  readonly experiment: string;
  /** Asked of each cell, of likely ones first. */
  readonly isMeant: (cell: ResolvedCell) => boolean;
  /** Told before a cell is resolved, which takes its model: whether it may be the one. */
  readonly isLikely: (experiment: CheckedExperiment, changes: Choice) => boolean;
}

/** The experiment of that name; reports where an entry file has none. */
export function findExperiment(
  { entries, experiments }: ExperimentsOfFiles,
  name: string,
  sink: DiagnosticSink,
): CheckedExperiment | undefined {
  const own = experiments.filter(({ file }) => entries.includes(file));
  const found = own.find(({ syntax }) => syntax.name.text === name);
  const [file] = entries;
  if (found !== undefined || file === undefined) return found;
  const available = own.map(({ syntax }) => syntax.name.text);
  const span = own[0]?.syntax.name.span ?? { file: file.source, start: 0, end: 0 };
  const nearest = nearestNames(name, available);
  sink.report("unknown-experiment", span, { name, nearest, available });
  return undefined;
}

/** A stage as a cell has it. */
export interface CellStage extends Omit<FoundStage, "cell"> {
  /** Undefined where all phases are run. */
  readonly phase: string | undefined;
  readonly cell: CellChanges;
}

/** The stage that a cell trains, as the cell has it; undefined after a report. */
export function findCellStage(
  program: ExperimentsOfFiles,
  pick: CellPick,
  sink: DiagnosticSink,
): CellStage | undefined {
  const experiment = findExperiment(program, pick.experiment, sink);
  const run = experiment?.run;
  if (experiment === undefined || run === undefined) return undefined;
  const { kept } = experiment;
  const likely = new Set(kept.filter((changes) => pick.isLikely(experiment, changes)));
  const programOf = canonicalPrograms();
  for (const changes of new Set([...likely, ...kept])) {
    // What is wrong with other cells is told where the whole experiment is.
    const cell = resolveCell(experiment, run, changes, new DiagnosticSink(), { programOf });
    if (cell !== undefined && pick.isMeant(cell))
      return stageOfCell(program, experiment, cell, sink);
  }
  const { text, span } = experiment.syntax.name;
  sink.report("unknown-cell", span, { experiment: text });
  return undefined;
}

/** The model of a cell as the last phase that it runs has it; undefined after a report. */
export function modelOfCell(
  program: ExperimentsOfFiles,
  pick: CellPick,
  sink: DiagnosticSink,
): MadeModel | undefined {
  const found = findCellStage(program, pick, sink);
  const last = found && (found.phase ?? phasesIn(found.stage).at(-1));
  const phase = found && phaseOfCell(found, last, sink);
  return phase && planOf(phase)?.model;
}

/** The same with the one phase that is meant. */
export function findCell(
  program: ExperimentsOfFiles,
  pick: CellPick,
  phase: string | undefined,
  sink: DiagnosticSink,
): FoundStage | undefined {
  const found = findCellStage(program, pick, sink);
  return found && phaseOfCell(found, phase, sink);
}

/** Of a stage that a cell trains the phase that is asked for, else the one that the cell runs. */
export function phaseOfCell(
  { stage, phase, cell }: CellStage,
  asked: string | undefined,
  sink: DiagnosticSink,
): FoundStage | undefined {
  const found = findPhase(stage, asked ?? phase, sink);
  return found && { ...found, cell };
}

/** The stage as one combination of the grid has it, as far as the cell runs it. */
export function stageOfCell(
  { files }: Pick<ExperimentsOfFiles, "files">,
  { subject, declared }: CheckedExperiment,
  { run, changes: cell, model, overrides }: ResolvedCell,
  sink: DiagnosticSink,
  above: readonly ModelOverride[] = [],
): CellStage | undefined {
  const place = run.stage.of.span;
  const around: Surroundings = {
    sink,
    files,
    declared: (item) =>
      item === subject.item
        ? declared
        : makeModel(sink, { item, file: item.file, place, overrides: [], replacements: [] }),
    noteType: () => {},
  };
  const made = { model, overrides };
  const variant = { below: [], above, cell, last: run.phase, made };
  const stage = checkStage(around, run.file, run.stage, variant);
  return stage && { stage, phase: run.phase, cell };
}
