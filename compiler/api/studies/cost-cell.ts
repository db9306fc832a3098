import type { CheckedProgram } from "../../2-check/check-files.ts";
import { textOf } from "../../2-check/core/describe.ts";
import type { ModelOverride } from "../../2-check/core/override-table.ts";
import type { CheckedExperiment } from "../../2-check/experiments/checked-experiment.ts";
import { type CellStage, phaseOfCell } from "../../2-check/experiments/find-cell.ts";
import type { ResolvedCell } from "../../2-check/experiments/resolve-cells.ts";
import { describeModel } from "../../2-check/parts/model-tree.ts";
import { type FoundStage, phasesIn, planOf } from "../../2-check/stages/find-stage.ts";
import { countStage, lossValues, type StageCounts } from "../../assemble/count-stage.ts";
import { phaseSteps } from "../../assemble/phase-steps.ts";
import { bindStage, compileFound } from "../../compile-stage.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { EntrySyntax } from "../../ir/syntax/entry-syntax.ts";
import type { StageArtifact, StageSpec } from "../../stage-artifact.ts";
import { sha256 } from "../load/digest.ts";
import { formatBytes } from "../text/format-quantity.ts";
import { costedColumns, partOfColumn } from "./part-columns.ts";
import type { CellCost } from "./study.ts";
import type { StudyOptions } from "./study-options.ts";

/** What training a cell takes. */
export interface CellProgram {
  readonly cost: CellCost;
  /** Of all its phases, where that is known. */
  readonly steps: number | undefined;
  /** Those that it reaches. */
  readonly phases: readonly { readonly steps: number | undefined; readonly flopsPerStep: number }[];
  /** Why it cannot be trained, where that is known before its program is planned. */
  readonly tooLarge: string | undefined;
}

/** A cell with the stage as it has it. */
export interface StagedCell extends ResolvedCell {
  readonly stage: CellStage;
}

interface CostOptions extends StudyOptions {
  readonly overrides: readonly ModelOverride[];
}

/** Counts cells one after the other; those that are the same program but for data and length are counted once. */
export function cellCosts(
  program: CheckedProgram,
  experiment: CheckedExperiment,
  options: CostOptions,
): (cell: StagedCell, sink: DiagnosticSink) => CellProgram | undefined {
  const known = new Map<string, CellProgram>();
  return (cell, sink) => {
    const key = programKey(cell);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = costCell(program, experiment, cell, options, sink);
    if (found !== undefined) known.set(key, found);
    return found;
  };
}

function programKey({ program, difference, changes }: ResolvedCell): string {
  // Neither what is read nor how fast is learned is a part of the program.
  const rates = new Set(changes.rates.map(({ path }) => path));
  const own = difference.filter(({ kind, path }) => kind !== "data" && !rates.has(path));
  return JSON.stringify([
    sha256(program),
    own.map(({ path, kind, unnamed }) => [path, kind, unnamed]),
  ]);
}

/** One phase of a cell, counted. */
interface CountedPhase {
  readonly steps: number | undefined;
  readonly counts: StageCounts;
  readonly spec: StageSpec;
  /** Undefined where the program is too large to be compiled for a plan. */
  readonly artifact: StageArtifact | undefined;
  readonly memory: number | undefined;
}

function costCell(
  program: CheckedProgram,
  experiment: CheckedExperiment,
  cell: StagedCell,
  options: CostOptions,
  sink: DiagnosticSink,
): CellProgram | undefined {
  const { run, model } = cell;
  const { stage } = cell;
  const names = run.phase === undefined ? phasesIn(stage.stage) : [run.phase];
  const all = run.length?.unit === "steps" ? run.length.amount : undefined;
  const columns = costedColumns(experiment.reports, model.instance);
  const phases: CountedPhase[] = [];
  let last: StageCounts | undefined;
  let done = 0;
  for (const [n, name] of names.entries()) {
    const found = phaseOfCell(stage, name, sink);
    if (found === undefined) return undefined;
    const own = phaseSteps(found, options.stepsPerEpoch);
    const isLast = n === names.length - 1;
    const isReached = all === undefined || done < all;
    // How many values a phase has that no step reaches is asked of the last one, which is what the model becomes.
    if (!isReached && !isLast) continue;
    const left = all === undefined ? undefined : Math.max(1, all - done);
    const steps = isLast ? (left ?? own) : Math.min(left ?? Infinity, own ?? left ?? Infinity);
    const counted = countPhase(program, found, columns.map(partOfColumn), options, {
      steps: steps !== undefined && Number.isFinite(steps) ? steps : undefined,
      isReached,
      sink,
    });
    if (counted === undefined || sink.hasErrors) return undefined;
    last = counted.counts;
    if (isReached) phases.push(counted);
    done += counted.steps ?? 0;
  }
  const [first] = phases;
  if (first === undefined || last === undefined) return undefined;
  const stored = describeModel(model.checker, model.instance).stored.filter(
    ({ storage }) => storage !== "state",
  );
  const sizeBelow = (part: string): number =>
    stored
      .filter(({ path }) => part === "" || path.startsWith(`${part}.`))
      .reduce((sum, { shape }) => sum + elementsIn(shape), 0);
  const { macs, partMacs } = last;
  const parts = columns.map((column, n) => {
    const amount = column.endsWith(".params")
      ? sizeBelow(partOfColumn(column))
      : (partMacs[n] ?? 0);
    return [column, amount] as const;
  });
  const bytes = phases.map((phase) => bytesOf(phase));
  const needed = Math.max(...bytes);
  const known = phases.map(({ steps }) => steps);
  return {
    steps: known.every((steps) => steps !== undefined)
      ? known.reduce<number>((sum, steps) => sum + (steps ?? 0), 0)
      : undefined,
    phases: phases.map(({ steps, counts }) => ({ steps, flopsPerStep: 2 * counts.macsPerStep })),
    tooLarge: tooLarge(phases, bytes),
    cost: {
      parameters: sizeBelow(""),
      trainable: trainableIn(first.spec),
      macsPerStep: first.counts.macsPerStep,
      macs,
      flopsPerStep: 2 * first.counts.macsPerStep,
      peakBytes: needed,
      ...(phases.some(({ artifact }) => artifact === undefined) && { isPlanned: false }),
      ...(first.spec.frozen && { frozen: first.spec.frozen }),
      dispatches: first.artifact === undefined ? 0 : dispatchesOfStep(first.artifact),
      parts: Object.fromEntries(parts),
    },
  };
}

interface PhaseRequest {
  readonly steps: number | undefined;
  readonly isReached: boolean;
  readonly sink: DiagnosticSink;
}

function countPhase(
  program: CheckedProgram,
  found: FoundStage,
  parts: readonly string[],
  { profile, stepsPerEpoch, overrides }: CostOptions,
  { steps, isReached, sink }: PhaseRequest,
): CountedPhase | undefined {
  // Schedules over a number of steps that only the data says are compiled for one.
  const request = {
    purpose: "train",
    keepFrozen: true,
    steps: steps ?? 1,
    stepsPerEpoch,
    profile,
    overrides,
    plan: hangsOnSteps(found.stage.syntax.entries) ? undefined : planOf(found),
  } as const;
  const bound = bindStage(program, found, request, sink);
  if (bound === undefined || sink.hasErrors) return undefined;
  const { graphs, forward, spec, memory } = bound;
  const isPlanned = isReached && lossValues(graphs.steps) <= mostValues;
  // Before it is counted: values are numbered as they are made, and bytes are planned in that order.
  const artifact = isPlanned ? compileFound(program, found, bound, request, sink) : undefined;
  if (isPlanned && artifact === undefined) return undefined;
  const counts = countStage({ steps: isReached ? graphs.steps : [], forward }, parts);
  return { steps, counts, spec, artifact, memory };
}

/** Whether an entry may have another value for another number of steps; schedules are none of the program. */
function hangsOnSteps(entries: readonly EntrySyntax[]): boolean {
  return entries.some((entry) => {
    if (entry.kind === "phase") return hangsOnSteps(entry.entries);
    const isAboutLength =
      entry.kind === "setting" && (entry.name === "schedule" || entry.name === "steps");
    return !isAboutLength && /\bsteps\b/.test(textOf(entry.span));
  });
}

/** Losses of more values take longer to be compiled than a plan may: their bytes are counted as far as they are certain. */
const mostValues = 2500;

function elementsIn(shape: readonly (number | undefined)[]): number {
  return shape.reduce<number>((product, size) => product * (size ?? 0), 1);
}

function trainableIn({ groups }: StageSpec): number {
  const all = groups.flatMap(({ parameters }) => parameters);
  return all.reduce((sum, { numbers }) => sum + numbers, 0);
}

/** Bytes of all buffers; of a program that is not planned those of gradients and moments, which nothing can do without. */
function bytesOf({ artifact, spec }: CountedPhase): number {
  if (artifact !== undefined)
    return artifact.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  return 4 * trainableIn(spec) * (2 + spec.moments);
}

function tooLarge(phases: readonly CountedPhase[], bytes: readonly number[]): string | undefined {
  for (const [n, { memory, artifact }] of phases.entries()) {
    const needed = bytes[n] ?? 0;
    if (artifact === undefined && memory !== undefined && needed > memory)
      return `what it trains alone takes ${formatBytes(needed)}, and the budget is ${formatBytes(memory)}`;
  }
  return undefined;
}

function dispatchesOfStep({ steps }: StageArtifact): number {
  const samples = steps.at(-1)?.sizes.B ?? 1;
  return steps.reduce(
    (sum, { from, to, sizes: { B = samples } }) => sum + ((to - from) * samples) / B,
    0,
  );
}
