import { checkFiles } from "../../2-check/check-files.ts";
import { combinationsOf } from "../../2-check/experiments/cells.ts";
import type {
  CheckedExperiment,
  CheckedRun,
} from "../../2-check/experiments/checked-experiment.ts";
import { findExperiment, stageOfCell } from "../../2-check/experiments/find-cell.ts";
import { type ResolvedCell, resolveCell } from "../../2-check/experiments/resolve-cells.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { CompileOptions } from "../compile-options.ts";
import { namedSource } from "../load/named-source.ts";
import { parseOnce } from "../load/parse-once.ts";
import { cellName, cellValues } from "./cell-names.ts";
import { type CellProgram, costCell } from "./cost-cell.ts";
import { gatherDiagnostics } from "./gather-diagnostics.ts";
import { identifyCell } from "./identify-cell.ts";
import type { Cell, Study } from "./study.ts";

export interface StudyOptions {
  /** Where programs run: what does not fit is told. Without one nothing is refused for its size. */
  readonly profile?: DeviceProfile | undefined;
  /** Steps that one pass over the data takes, where stages count epochs. */
  readonly stepsPerEpoch?: number | undefined;
}

/** A study, or what keeps it from being one: errors, each with the cells that it concerns. */
export interface ResolvedStudy {
  readonly study: Study | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What an experiment of a file comes to: its cells, each checked, named and costed. Nothing is run, and no device is
 * opened.
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
  const program = checkFiles({ entries: [entry], loader: loader(), parse: parseOnce, sink });
  const found = sink.hasErrors ? undefined : findExperiment(program, experiment, sink);
  const [run] = found?.runs ?? [];
  if (found === undefined || run === undefined || sink.hasErrors)
    return { study: undefined, diagnostics: sink.diagnostics };
  const of = gatherDiagnostics();
  const cells = combinationsOf(found.grid).flatMap((changes): ResolvedCell[] => {
    const own = new DiagnosticSink();
    const name = cellName(found, changes);
    const cell = resolveCell(found, run, changes, own);
    if (cell !== undefined) stageOfCell(program, found, run, changes, own);
    of.add(name, own.diagnostics);
    return cell === undefined ? [] : [cell];
  });
  if (of.hasErrors) return { study: undefined, diagnostics: of.diagnostics };
  const costed = cells.flatMap((cell): Cell[] => {
    const own = new DiagnosticSink();
    const programs = costCell(program, found, cell, options, own);
    of.add(cellName(found, cell.changes), own.diagnostics);
    return programs === undefined ? [] : [cellOf(found, run, cell, programs)];
  });
  const diagnostics = [...sink.diagnostics, ...of.diagnostics];
  if (of.hasErrors) return { study: undefined, diagnostics };
  return { study: studyOf(found, run, costed), diagnostics };
}

function cellOf(
  experiment: CheckedExperiment,
  run: CheckedRun,
  cell: ResolvedCell,
  { cost, steps }: CellProgram,
): Cell {
  const { changes, difference } = cell;
  return {
    name: cellName(experiment, changes),
    identity: identifyCell(cell),
    difference: difference.map(({ path, kind, value }) => ({ path, kind, value })),
    values: cellValues(experiment, changes),
    stage: run.stage.name.text,
    phase: run.phase,
    steps: run.length?.amount ?? steps,
    start: changes.start,
    data: (changes.data ?? []).map(({ name }) => name),
    baseline: undefined,
    cost,
  };
}

function studyOf(
  { syntax, seeds = { from: 0, to: 1 }, grid, measures, reports }: CheckedExperiment,
  run: CheckedRun,
  cells: readonly Cell[],
): Study {
  return {
    name: syntax.name.text,
    cells,
    leftOut: [],
    seeds: Array.from({ length: seeds.to - seeds.from }, (_, n) => seeds.from + n),
    run:
      run.length === undefined ? { kind: "stage" } : { kind: "steps", amount: run.length.amount },
    halving: undefined,
    measures,
    reports,
    dimensions: grid.dimensions.flatMap(({ names }) => names),
    notes: [],
  };
}
