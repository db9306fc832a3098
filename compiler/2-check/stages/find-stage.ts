import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { LoadedFile } from "../core/entity.ts";
import type { CellChanges } from "../variants/cell-changes.ts";
import type { CheckedPlan, CheckedStage } from "./checked-stage.ts";

/** A stage, and the one of its phases that is meant; undefined where it has none. */
export interface FoundStage {
  readonly stage: CheckedStage;
  readonly phase: string | undefined;
  /** Set where the stage is that of a cell of an experiment: `stage` has it already. */
  readonly cell?: CellChanges | undefined;
}

/** What the phase asks for, as the check has left it: in the model as its text has it. */
export function planOf({ stage, phase }: FoundStage): CheckedPlan | undefined {
  const { text } = stage.syntax.name;
  const name = phase === undefined ? text : `${text}.${phase}`;
  return stage.plans.find((plan) => plan.name === name);
}

interface StagesOfFiles {
  readonly entries: readonly LoadedFile[];
  readonly stages: readonly CheckedStage[];
}

/** The names of a stage's phases in order; one undefined where it has none, or is not there. */
export function phasesOf(program: StagesOfFiles, stage: string): readonly (string | undefined)[] {
  const found = stagesIn(program).find(({ syntax }) => syntax.name.text === stage);
  return found === undefined ? [undefined] : phasesIn(found);
}

/** The same of a stage that is there. */
export function phasesIn(stage: CheckedStage): readonly (string | undefined)[] {
  const names = phaseNames(stage);
  return names.length === 0 ? [undefined] : names;
}

function stagesIn({ entries, stages }: StagesOfFiles): readonly CheckedStage[] {
  return stages.filter(({ file }) => entries.includes(file));
}

function phaseNames({ syntax }: CheckedStage): readonly string[] {
  return syntax.entries.flatMap((entry) => (entry.kind === "phase" ? [entry.name.text] : []));
}

/** The phase of that name, or the only one; reports what is not there, and what is not said. */
export function findStage(
  program: StagesOfFiles,
  wanted: { readonly stage: string; readonly phase?: string | undefined },
  sink: DiagnosticSink,
): FoundStage | undefined {
  const stages = stagesIn(program);
  const stage = stages.find(({ syntax }) => syntax.name.text === wanted.stage);
  if (stage === undefined) {
    const available = stages.map(({ syntax }) => syntax.name.text);
    const nearest = nearestNames(wanted.stage, available);
    const [file] = program.entries;
    const first = stages[0]?.syntax.name.span;
    const span = first ?? (file && { file: file.source, start: 0, end: 0 });
    if (span !== undefined)
      sink.report("unknown-stage", span, { name: wanted.stage, nearest, available });
    return undefined;
  }
  return findPhase(stage, wanted.phase, sink);
}

/** The phase of a stage by its name, or the only one; reported as above. */
export function findPhase(
  stage: CheckedStage,
  asked: string | undefined,
  sink: DiagnosticSink,
): FoundStage | undefined {
  const phases = phaseNames(stage);
  const phase = asked ?? (phases.length === 1 ? phases[0] : undefined);
  if (phase === undefined && phases.length === 0) return { stage, phase };
  if (phase !== undefined && phases.includes(phase)) return { stage, phase };
  const nearest = phase === undefined ? [] : nearestNames(phase, phases);
  const { text, span } = stage.syntax.name;
  sink.report("unknown-phase", span, { stage: text, name: phase, nearest, available: phases });
  return undefined;
}
