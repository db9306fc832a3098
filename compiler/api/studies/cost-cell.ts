import type { CheckedProgram } from "../../2-check/check-files.ts";
import type { CheckedExperiment } from "../../2-check/experiments/checked-experiment.ts";
import { phaseOfCell, stageOfCell } from "../../2-check/experiments/find-cell.ts";
import type { ResolvedCell } from "../../2-check/experiments/resolve-cells.ts";
import { describeModel } from "../../2-check/parts/model-tree.ts";
import { phasesIn } from "../../2-check/stages/find-stage.ts";
import { phaseSteps } from "../../assemble/phase-steps.ts";
import { compileFound } from "../../compile-stage.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { StudyOptions } from "./resolve-study.ts";
import type { CellCost } from "./study.ts";

/** What training a cell takes. */
export interface CellProgram {
  readonly cost: CellCost;
  /** Of all its phases, where that is known. */
  readonly steps: number | undefined;
}

/** Compiles what a cell trains and counts it; undefined after a report. */
export function costCell(
  program: CheckedProgram,
  experiment: CheckedExperiment,
  cell: ResolvedCell,
  { profile, stepsPerEpoch }: StudyOptions,
  sink: DiagnosticSink,
): CellProgram | undefined {
  const { run, changes, model } = cell;
  const stage = stageOfCell(program, experiment, run, changes, sink);
  if (stage === undefined) return undefined;
  const names = run.phase === undefined ? phasesIn(stage.stage) : [run.phase];
  const compiled = names.flatMap((name) => {
    const found = phaseOfCell(stage, name, sink);
    if (found === undefined) return [];
    const own = phaseSteps(found, stepsPerEpoch);
    const steps = run.length?.amount ?? own ?? 1;
    const request = { purpose: "train", steps, stepsPerEpoch, profile } as const;
    const artifact = compileFound(program, found, request, sink);
    return artifact === undefined ? [] : [{ artifact, steps: own }];
  });
  const [first] = compiled;
  if (first === undefined || sink.hasErrors) return undefined;
  const { checker, instance } = model;
  const stored = describeModel(checker, instance).stored.filter(
    ({ storage }) => storage !== "state",
  );
  const macsPerStep = macsOfStep(first.artifact);
  const known = compiled.map(({ steps }) => steps);
  return {
    steps: known.reduce(
      (sum, steps) => (sum === undefined || steps === undefined ? undefined : sum + steps),
      0,
    ),
    cost: {
      parameters: stored.reduce(
        (sum, { shape }) => sum + shape.reduce<number>((n, size) => n * (size ?? 0), 1),
        0,
      ),
      trainable: trainableIn(first.artifact),
      macsPerStep,
      macs: first.artifact.macs,
      flopsPerStep: 2 * macsPerStep,
      peakBytes: Math.max(...compiled.map(({ artifact }) => bytesOf(artifact))),
      dispatches: dispatchesOfStep(first.artifact),
      parts: {},
    },
  };
}

function trainableIn({ stage: { groups } }: StageArtifact): number {
  const all = groups.flatMap(({ parameters }) => parameters);
  return all.reduce((sum, { numbers }) => sum + numbers, 0);
}

function bytesOf({ program: { buffers } }: StageArtifact): number {
  return buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How often each step of a program runs for one batch. */
function runsOf({ steps }: StageArtifact): readonly number[] {
  const samples = steps.at(-1)?.sizes.B ?? 1;
  return steps.map(({ sizes: { B = samples } }) => samples / B);
}

function macsOfStep(artifact: StageArtifact): number {
  const runs = runsOf(artifact);
  return artifact.steps.reduce((sum, { macs }, n) => sum + macs * (runs[n] ?? 1), 0);
}

function dispatchesOfStep(artifact: StageArtifact): number {
  const runs = runsOf(artifact);
  return artifact.steps.reduce((sum, { from, to }, n) => sum + (to - from) * (runs[n] ?? 1), 0);
}
