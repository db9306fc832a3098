import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";
import type { BatchInput } from "../../../runtime/train/batch-source.ts";
import { type CheckedProgram, checkFiles } from "../../2-check/check-files.ts";
import { findCellStage, phaseOfCell } from "../../2-check/experiments/find-cell.ts";
import {
  type FoundStage,
  findStage,
  phasesIn,
  phasesOf,
  planOf,
} from "../../2-check/stages/find-stage.ts";
import { startWeights } from "../../2-check/stages/start-weights.ts";
import { phaseSteps } from "../../assemble/phase-steps.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { placeOf } from "../../source/source-file.ts";
import type { CellOption, StageOptions } from "../compile-options.ts";
import { namedSource } from "../load/named-source.ts";
import { parseOnce } from "../load/parse-once.ts";
import { pickCell } from "../studies/identify-cell.ts";

/** What a run has to know of a stage before any phase of it is compiled. */
export interface StageOutline {
  /** The phases that are run, in order: the one that is asked for, else all. Undefined stands for a stage without any. */
  readonly phases: readonly PhaseOutline[];
  /** Undefined for initialisers. */
  readonly weights: StageOptions["weights"];
  readonly warnings: readonly string[];
}

export interface PhaseOutline {
  readonly phase: string | undefined;
  /** Samples of a step, where the text says it. */
  readonly batch: number | undefined;
  /** Data sets that it names, and what they weigh. */
  readonly data: readonly { readonly name: string; readonly weight: number }[];
  /** What its record reads, with the line of each. */
  readonly inputs: readonly {
    readonly name: string;
    readonly reader: BatchInput["reader"];
    readonly place: string;
  }[];
  /** As the text says it, where a pass over the data has so many steps; undefined where that does not say it. */
  readonly steps: (stepsPerEpoch: number) => number | undefined;
}

/**
 * The phases of a run, and what it takes its first weights from: what is asked for, else what the stage starts from. What
 * is wrong with the text is left for the compiler to tell.
 *
 * @throws {RuntimeFault} `start-missing` where the stage starts from what is not there.
 */
export function stageOutline(options: StageOptions): StageOutline {
  const { file, cell, phase, weights } = options;
  const { entry, loader } = namedSource(file);
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [entry], loader: loader(), parse: parseOnce, sink });
  const unknown = { phase, batch: undefined, data: [], inputs: [], steps: () => undefined };
  const untold = { phases: [unknown], weights, warnings: [] };
  if (sink.hasErrors) return untold;
  const found =
    cell === undefined
      ? phasesToRun(program, options, sink)
      : phasesOfCell(program, options, cell, sink);
  const [first] = found;
  if (sink.hasErrors || first === undefined) return untold;
  const phases = found.map((one) => ({
    phase: one.phase,
    batch: planOf(one)?.policy.batch?.total,
    data: planOf(one)?.policy.data ?? [],
    inputs: (planOf(one)?.inputs ?? []).map(({ name, reader, syntax: { span } }) => {
      const place = `${span.file.path}:${placeOf(span.file, span.start).line}`;
      return { name, reader, place };
    }),
    steps: (stepsPerEpoch: number) => phaseSteps(one, stepsPerEpoch),
  }));
  return { phases, ...firstWeights(first, weights) };
}

function phasesToRun(
  program: CheckedProgram,
  { stage, phase }: StageOptions,
  sink: DiagnosticSink,
): readonly FoundStage[] {
  const names = phase === undefined ? phasesOf(program, stage) : [phase];
  return names.flatMap((name) => findStage(program, { stage, phase: name }, sink) ?? []);
}

function phasesOfCell(
  program: CheckedProgram,
  { phase: asked }: StageOptions,
  cell: CellOption,
  sink: DiagnosticSink,
): readonly FoundStage[] {
  const found = findCellStage(program, pickCell(cell), sink);
  if (found === undefined) return [];
  const phase = asked ?? found.phase;
  const names = phase === undefined ? phasesIn(found.stage) : [phase];
  return names.flatMap((name) => phaseOfCell(found, name, sink) ?? []);
}

/** The weights that are asked for, else those that the stage starts from. */
function firstWeights(
  found: FoundStage,
  weights: StageOptions["weights"],
): Pick<StageOutline, "weights" | "warnings"> {
  const plan = planOf(found);
  const starts = plan?.policy.starts ?? [];
  if (plan === undefined || starts.length === 0) return { weights, warnings: [] };
  const { name } = plan;
  if (weights === undefined) {
    const missing = starts.find(({ path }) => !existsSync(path));
    if (missing !== undefined) throw fault("start-missing", { stage: name, path: missing.path });
    return { weights: startWeights(starts), warnings: [] };
  }
  const given = typeof weights === "string" ? weights : weights.join(", ");
  const own = startWeights(starts).join(", ");
  const message = `the weights come from \`${given}\`, not from \`${own}\`, where \`${name}\` starts`;
  return { weights, warnings: [message] };
}
