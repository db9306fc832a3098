import { existsSync } from "node:fs";
import type { Device } from "../../../runtime/device/device.ts";
import { fault } from "../../../runtime/faults.ts";
import { identityOf } from "../../../runtime/files/file-hash.ts";
import { checkpointsIn } from "../../../runtime/runs/recover-run.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import type { Session } from "../../../runtime/session.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import { readingCheckpoints } from "../../../runtime/train/checkpoint-tensors.ts";
import { beginRun, type RunStart, resumeRun } from "../../../runtime/train/open-run.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import {
  type StopSignal,
  type TrainOptions,
  trainSteps,
} from "../../../runtime/train/train-steps.ts";
import { parseWeightSource, type WeightSource } from "../../../runtime/weights/weight-source.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { TrainingOptions } from "../library-types.ts";
import { checkpointHeader } from "../load/checkpoint-header.ts";
import { compilerVersion } from "../load/compiler-version.ts";
import { sha256 } from "../load/digest.ts";
import { namedSource } from "../load/named-source.ts";
import { writeTunedFile } from "../load/tuned-file.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import { compileTraining } from "./compile-training.ts";
import { firstWeights } from "./first-weights.ts";
import {
  changesBetween,
  programHash,
  type RunDocument,
  type RunIdentity,
  readRunDocument,
  writeRunDocument,
} from "./run-document.ts";
import { writeSources } from "./source-folder.ts";

/** Who trains: with which device, and how a program is brought to it. */
interface TrainingHost {
  readonly device: Device;
  readonly open: (artifact: StageArtifact, source: WeightSource) => Promise<Session>;
  /** Told of each form that the program has on its way. */
  readonly watch?: (form: string, text: () => string) => void;
}

/** A run that is ready for its next step. Its folder is taken until it is closed. */
export interface Training {
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
 * Compiles a phase of a stage for a file of batches, and begins its run in a folder, or goes on with it. Nothing is
 * written before all is right.
 *
 * @throws {CompileError} where the text is wrong; {RuntimeFault} `run-begun`, `run-changed`, `run-locked`,
 * `run-damaged`, `batches-unusable`, and where weights or the device are wrong.
 */
export async function openTraining(
  options: TrainingOptions,
  host: TrainingHost,
): Promise<Training> {
  const batches = BatchFile.open(options.batches);
  try {
    const before = options.resume === true ? readRunDocument(options.out) : undefined;
    if (before === undefined) assertNoRun(options.out);
    const { weights, warnings } = firstWeights(options);
    const run = await openRun({ ...options, weights }, batches, before, host);
    return { ...run, warnings: [...warnings, ...run.warnings] };
  } catch (error) {
    batches.close();
    throw error;
  }
}

async function openRun(
  options: TrainingOptions,
  batches: BatchFile,
  before: RunIdentity | undefined,
  { device, open, watch }: TrainingHost,
): Promise<Training> {
  const { out } = options;
  const profile = tunedProfile(device, tunedOf(options, before));
  const steps = options.steps ?? before?.steps;
  const { artifact, diagnostics, sources } = compileTraining(
    { ...options, steps },
    batches,
    profile,
    watch,
  );
  const hashes = [...sources].map(([path, text]) => [path, sha256(text)] as const);
  const now: RunIdentity = {
    seed: options.seed ?? before?.seed ?? 0,
    steps: stepsIn(artifact),
    program: programHash(artifact),
    sources: Object.fromEntries(hashes),
    batches: identityOf(options.batches),
    changes: before?.changes ?? [],
  };
  const changed = before === undefined ? [] : changesBetween(before, now);
  const [what] = changed;
  if (what !== undefined && options.force !== true) throw fault("run-changed", { path: out, what });
  const lock = lockRun(out);
  let opened: Session | undefined;
  try {
    const begin = before === undefined ? beginRun : resumeRun;
    const start = begin(out, now.seed);
    const settings = settingsOf(artifact, options);
    const session = await openAt(start, artifact, options, open);
    opened = session;
    const { state, metricsBytes } = start;
    const { step } = state;
    const changes = changed.length === 0 ? [] : [{ step, what: changed }];
    const identity = { ...now, changes: [...now.changes, ...changes] };
    if (before === undefined || changed.length > 0) writeSources(out, sources);
    if (profile.tuned !== undefined) writeTunedFile(device, profile.tuned, runPaths(out).tuned);
    writeRunDocument(out, documentOf(identity, artifact, options, device));
    return {
      artifact,
      diagnostics,
      from: step,
      steps: now.steps,
      warnings: [
        ...start.warnings,
        ...changed.map((one) => `the run goes on with another ${one} than it began with`),
        ...batchWarning(artifact),
      ],
      events: (signal) =>
        trainSteps(session, batches, { ...settings, from: state, metricsBytes, signal }),
      close() {
        session.dispose();
        batches.close();
        lock.release();
      },
    };
  } catch (error) {
    opened?.dispose();
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

/** The session with the weights and states that the run has at its start. */
function openAt(
  { source, state }: RunStart,
  artifact: StageArtifact,
  { weights = `random:${state.seed}` }: TrainingOptions,
  open: TrainingHost["open"],
): Promise<Session> {
  if (source !== undefined) return open(readingCheckpoints(artifact), source);
  return open(artifact, parseWeightSource(weights));
}

/** What the loop needs beside where the run stands. */
function settingsOf(
  artifact: StageArtifact,
  { out, saveEvery, keep = keptCheckpoints, weights, config }: TrainingOptions,
): Omit<TrainOptions, "from" | "metricsBytes"> {
  const header = weights === undefined ? undefined : checkpointHeader(weights, config);
  const text = header?.config;
  return {
    run: out,
    steps: stepsIn(artifact),
    saveEvery,
    keep,
    watches: artifact.stage.watches,
    shapes: header?.tensors ?? {},
    beside: text === undefined ? {} : { "config.json": new TextEncoder().encode(text) },
  };
}

/** How many checkpoints stay where nobody says. */
const keptCheckpoints = 3;

function stepsIn({ stage: { length } }: StageArtifact): number {
  invariant(length?.unit === "steps", "a program that trains has a number of steps");
  return length.amount;
}

/** Rates that the stage computes from `batch` are those of the batch that it says. */
function batchWarning({ stage: { batch }, sizes: { B: found } }: StageArtifact): readonly string[] {
  if (batch === undefined || found === undefined || batch.total === found) return [];
  return [`a step has ${found} samples, and the stage says ${batch.total}: rates are not changed`];
}

function documentOf(
  identity: RunIdentity,
  { model, sizes, stage }: StageArtifact,
  { file, weights, config, set, piece, layout, precision, memory, batches }: TrainingOptions,
  device: Device,
): RunDocument {
  return {
    weft: compilerVersion(),
    device: device.name,
    ...identity,
    model,
    sizes,
    options: {
      file: namedSource(file).entry,
      weights,
      config,
      piece,
      set,
      layout,
      precision,
      memory,
      batches,
    },
    stage,
  };
}
