import { existsSync } from "node:fs";
import type { Device } from "../../../runtime/device/device.ts";
import { fault } from "../../../runtime/faults.ts";
import { checkpointsIn } from "../../../runtime/runs/recover-run.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import { adapterPlaces } from "../../../runtime/train/adapter-places.ts";
import { beginRun, resumeRun } from "../../../runtime/train/open-run.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import type { StopSignal } from "../../../runtime/train/train-steps.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { TrainingOptions } from "../library-types.ts";
import { compilerVersion } from "../load/compiler-version.ts";
import { sha256 } from "../load/digest.ts";
import { namedSource } from "../load/named-source.ts";
import { writeTunedFile } from "../load/tuned-file.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import { recordRun } from "../runs/record-run.ts";
import { type OpenPhase, openPhase } from "./open-phase.ts";
import { compilePhases, type PhaseProgram, shapesOf } from "./phase-programs.ts";
import {
  changesBetween,
  programsHash,
  type RunDocument,
  type RunIdentity,
  readRunDocument,
  writeRunDocument,
} from "./run-document.ts";
import { type RunHost, runPhases } from "./run-phases.ts";
import { writeSources } from "./source-folder.ts";
import { stageOutline } from "./stage-outline.ts";
import { trainingRecords } from "./training-records.ts";

interface TrainingHost extends Omit<RunHost, "records"> {
  /** Told of each form that the program has on its way. */
  readonly watch?: (form: string, text: () => string) => void;
}

/** A run that is ready for its next step. Its folder is taken until it is closed. */
export interface Training {
  /** The program of the phase in which it goes on. */
  readonly artifact: StageArtifact;
  /** Warnings of the compiler. */
  readonly diagnostics: readonly Diagnostic[];
  /** Steps that are done. */
  readonly from: number;
  /** Steps in all. */
  readonly steps: number;
  /** What was found on the way and people should know. */
  readonly warnings: readonly string[];
  /** Goes through the steps, until all are done or the signal says so. Once. */
  events(signal?: StopSignal): AsyncGenerator<TrainEvent>;
  close(): void;
}

/**
 * Compiles the phases of a stage for its records, and begins their run in a folder, or goes on with it. Nothing is
 * written before all is right.
 *
 * @throws {CompileError} where the text is wrong; {RuntimeFault} `run-begun`, `run-changed`, `run-locked`,
 * `run-damaged`, and where records, weights or the device are wrong.
 */
export async function openTraining(given: TrainingOptions, host: TrainingHost): Promise<Training> {
  const { out } = given;
  const { device, watch } = host;
  const before = given.resume === true ? readRunDocument(out) : undefined;
  if (before === undefined) assertNoRun(out);
  const outline = stageOutline(given);
  const options = { ...given, weights: outline.weights, steps: given.steps ?? before?.steps };
  const profile = tunedProfile(device, tunedOf(options, before));
  const records = trainingRecords(options, outline);
  const compiled = compilePhases(options, outline, records, profile, watch);
  const { phases, diagnostics, sources } = compiled;
  const hashes = [...sources].map(([path, text]) => [path, sha256(text)] as const);
  const now: RunIdentity = {
    seed: options.seed ?? before?.seed ?? 0,
    steps: phases.at(-1)?.to ?? 0,
    program: programsHash(phases.map(({ artifact }) => artifact)),
    sources: Object.fromEntries(hashes),
    batches: records.identity,
    changes: before?.changes ?? [],
  };
  const changed = before === undefined ? [] : changesBetween(before, now, records.name);
  const [what] = changed;
  if (what !== undefined && options.force !== true) throw fault("run-changed", { path: out, what });
  const phaseHost = { ...host, records };
  const lock = lockRun(out);
  let opened: OpenPhase | undefined;
  try {
    const start = (before === undefined ? beginRun : resumeRun)(out, now.seed);
    const first = await openPhase(phases, start, options, phaseHost);
    opened = first;
    const { step } = start.state;
    const changes = changed.length === 0 ? [] : [{ step, what: changed }];
    const identity = { ...now, changes: [...now.changes, ...changes] };
    if (before === undefined || changed.length > 0) writeSources(out, sources);
    if (profile.tuned !== undefined) writeTunedFile(device, profile.tuned, runPaths(out).tuned);
    writeRunDocument(out, documentOf(identity, phases, options, device));
    const watches = [...new Set(phases.flatMap(({ artifact: { stage } }) => stage.watches))];
    const run = runPhases(phases, options, { start, first, host: phaseHost });
    return {
      artifact: first.program.artifact,
      diagnostics,
      from: step,
      steps: now.steps,
      warnings: [
        ...outline.warnings,
        ...start.warnings,
        ...changed.map((one) => `the run goes on with another ${one} than it began with`),
        ...phases.flatMap(batchWarning),
      ],
      events: (signal) => recordRun(out, watches, run.events(signal)),
      close() {
        run.close();
        lock.release();
      },
    };
  } catch (error) {
    opened?.close();
    lock.release();
    throw error;
  }
}

/** Before minutes of compiling; `beginRun` looks again when nobody else can come between. */
function assertNoRun(path: string): void {
  const last = checkpointsIn(path).at(-1);
  if (last !== undefined) throw fault("run-begun", { path, steps: last.step });
}

/** A run goes on with the choices of kernels that it began with, whatever was measured since. */
function tunedOf({ tuned, out }: TrainingOptions, before: RunIdentity | undefined) {
  if (before === undefined) return tuned;
  const { tuned: own } = runPaths(out);
  return existsSync(own) ? own : "none";
}

/** Rates that the stage computes from `batch` are those of the batch that it says. */
function batchWarning({ artifact }: PhaseProgram): readonly string[] {
  const {
    stage: { batch },
    sizes: { B: found },
  } = artifact;
  if (batch === undefined || found === undefined || batch.total === found) return [];
  return [`a step has ${found} samples, and the stage says ${batch.total}: rates are not changed`];
}

function documentOf(
  identity: RunIdentity,
  phases: readonly PhaseProgram[],
  {
    file,
    cell,
    weights,
    config,
    set,
    piece,
    layout,
    precision,
    memory,
    batches,
    data,
    split,
  }: TrainingOptions,
  device: Device,
): RunDocument {
  const [first] = phases;
  invariant(first !== undefined, "a run has a phase");
  return {
    weft: compilerVersion(),
    device: device.name,
    ...identity,
    model: first.artifact.model,
    phases: phases.map((phase) => {
      const { from, to, artifact } = phase;
      const { sizes, stage } = artifact;
      const adapters = adapterPlaces(artifact, stage.adapters ?? [], shapesOf(phase));
      return { from, to, sizes, stage, adapters };
    }),
    options: {
      file: namedSource(file).entry,
      cell,
      weights,
      config,
      piece,
      set,
      layout,
      precision,
      memory,
      batches,
      data,
      split,
    },
  };
}
