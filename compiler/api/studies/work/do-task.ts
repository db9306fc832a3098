import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RuntimeFault } from "../../../../runtime/faults.ts";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import { runPaths } from "../../../../runtime/runs/run-folder.ts";
import {
  type Claim,
  isCurrent,
  isOwnerGone,
  publish,
  readStateFiles,
  releaseClaim,
  stateNames,
} from "../../../../runtime/studies/claims.ts";
import { forkRun, hasCheckpoints } from "../../../../runtime/studies/fork-run.ts";
import { startHeartbeat } from "../../../../runtime/studies/heartbeat.ts";
import type { StopSignal } from "../../../../runtime/train/train-steps.ts";
import { CompileError } from "../../compile-error.ts";
import { readMetrics } from "../../runs/read-metrics.ts";
import type { Pace } from "../folder/document-form.ts";
import { measuresFile, measuresFolder } from "../folder/study-paths.ts";
import { attemptsIn, type StudyTask, settleTask } from "../folder/study-tasks.ts";
import type { FailedTask, TaskResult } from "../folder/task-result.ts";
import type { MeasureCell, TaskName, TrainCell, TrainRequest, WorkEvent } from "./cell-work.ts";
import { rungName } from "./halving.ts";
import { BusyClock, countMinutes, runNumbers } from "./run-numbers.ts";
import { textsMark } from "./texts-mark.ts";

interface TaskHost {
  readonly train: TrainCell;
  readonly measure: MeasureCell;
  readonly pace: Pace;
  readonly signal: StopSignal;
  /** The measure that rungs compare by, where it is not what every run has logged. */
  readonly rungMeasure: string | undefined;
  /** The folder of the texts that the study has now. */
  readonly texts: string;
}

/** How far a task is to be brought. */
interface TaskGoal extends Pick<TrainRequest, "steps" | "until"> {
  /** Minutes of the device's work after which the run ends though it has steps left. */
  readonly minutes: number | undefined;
}

/**
 * Trains and measures one cell with one seed, from where the last attempt has got to, and publishes what came of it. Whatever goes
 * wrong with the cell is its result; nothing is thrown.
 */
export async function* doTask(
  task: StudyTask,
  claim: Claim,
  goal: TaskGoal,
  host: TaskHost,
): AsyncGenerator<WorkEvent> {
  const name = { cell: task.cell.name, seed: task.seed };
  const run = task.paths.attempt(claim.attempt);
  const beat = startHeartbeat(claim, host.pace.beatMs);
  const watch = watchClaim(claim, host);
  try {
    yield { kind: "begun", attempt: claim.attempt, ...name };
    goOnFromLast(task, claim, run);
    const mark = textsMark(run, host.texts);
    const trained = trainTask(task, { run, goal, hasOtherTexts: mark.isOther }, watch, host);
    const end = yield* trained;
    if (watch.isLost()) yield* loseTask(run, name);
    else if (end.kind === "rung") yield* endRung(task, claim, { run, step: end.step }, host);
    else if (end.kind === "left") {
      releaseClaim(claim);
      yield { kind: "left", ...name };
    } else yield* finishTask(task, claim, { run, bytes: end.bytes }, host);
  } catch (error) {
    if (isCurrent(claim) && publish(claim, stateNames.failed(claim.attempt), failureText(error)))
      yield { kind: "failed", reason: failureOf(error).message, ...name };
    else yield* loseTask(run, name);
  } finally {
    watch.stop();
    beat.stop();
  }
}

/** Others have the task, who begin from a copy of this run, or have begun already. */
function* loseTask(run: string, name: TaskName): Generator<WorkEvent> {
  rmSync(run, { recursive: true, force: true, maxRetries: 3 });
  yield { kind: "lost", ...name };
}

/** Puts the newest checkpoint of an earlier attempt into the folder of this one. */
function goOnFromLast(task: StudyTask, { attempt: own, folder }: Claim, run: string): void {
  const { attempt, state } = task.paths;
  const earlier = attemptsIn(state).filter((number) => number < own);
  const last = earlier.findLast((number) => hasCheckpoints(attempt(number)));
  if (last !== undefined) forkRun(attempt(last), run);
  for (const number of earlier) {
    const isLeft = readStateFiles(folder).has(stateNames.released(number));
    // Who only seems to be gone may still be writing there.
    if (isLeft || isOwnerGone(folder, number))
      rmSync(attempt(number), { recursive: true, force: true });
  }
}

type TrainEnd =
  | { readonly kind: "complete"; readonly bytes: number | undefined }
  | { readonly kind: "rung"; readonly step: number }
  | { readonly kind: "left" };

async function* trainTask(
  { cell, seed }: StudyTask,
  { run, goal, hasOtherTexts }: { run: string; goal: TaskGoal; hasOtherTexts: boolean },
  watch: ClaimWatch,
  host: TaskHost,
): AsyncGenerator<WorkEvent, TrainEnd> {
  const { steps, until, minutes = Number.POSITIVE_INFINITY } = goal;
  const clock = clockOf(run);
  const signal: StopSignal = {
    get aborted() {
      return watch.signal.aborted || clock.minutes >= minutes;
    },
  };
  const request = { cell, seed, out: run, steps, until, hasOtherTexts, signal };
  let bytes: number | undefined;
  let [step, isComplete] = [0, false];
  for await (const event of host.train(request)) {
    if (event.kind === "opened") {
      bytes = event.bytes;
      continue;
    }
    if (event.kind === "step") clock.note(event);
    if (event.kind === "done") ({ step, isComplete } = event);
    yield { kind: "training", event, cell: cell.name, seed };
  }
  if (isComplete || clock.minutes >= minutes) return { kind: "complete", bytes };
  return until !== undefined && step >= until ? { kind: "rung", step } : { kind: "left" };
}

async function* finishTask(
  task: StudyTask,
  claim: Claim,
  { run, bytes }: { readonly run: string; readonly bytes: number | undefined },
  host: TaskHost,
): AsyncGenerator<WorkEvent> {
  const { cell, seed } = task;
  const { values, ...numbers } = runNumbers(run);
  const measured = await host.measure({ cell, seed, run });
  const loss = orNull(values.loss);
  const measures = { loss, ...measured.values };
  writeJson(join(run, measuresFile), { measures, pictures: measured.pictures });
  const result: TaskResult = {
    identity: cell.identity,
    seed,
    attempt: claim.attempt,
    ...numbers,
    measures,
    peakBytes: bytes,
    pictures: measured.pictures,
  };
  const name = { cell: cell.name, seed };
  if (publish(claim, stateNames.done, `${JSON.stringify(result, null, 2)}\n`)) {
    settleTask(task, result);
    yield { kind: "done", steps: numbers.steps, loss: measures.loss, ...name };
  } else yield* loseTask(run, name);
}

/** A run that waits for what others have come to is left, with its numbers beside its claims. */
async function* endRung(
  { cell, seed }: StudyTask,
  claim: Claim,
  { run, step }: { readonly run: string; readonly step: number },
  { measure, rungMeasure: only }: TaskHost,
): AsyncGenerator<WorkEvent> {
  const measured = only === undefined ? undefined : await measure({ cell, seed, run, only });
  // What it has written is of weights that the run goes on from.
  if (measured !== undefined) rmSync(join(run, measuresFolder), { recursive: true, force: true });
  const values = { ...runNumbers(run).values, ...measured?.values };
  const numbers = Object.entries(values).map(([key, value]) => [key, orNull(value ?? undefined)]);
  const text = `${JSON.stringify({ step, values: Object.fromEntries(numbers) })}\n`;
  publish(claim, rungName(step), text);
  releaseClaim(claim);
  yield { kind: "rung", step, cell: cell.name, seed };
}

interface ClaimWatch {
  /** The worker is to stop, or the task is somebody else's. */
  readonly signal: StopSignal;
  readonly isLost: () => boolean;
  readonly stop: () => void;
}

/** Looks now and then whether the task is still this worker's. */
function watchClaim(claim: Claim, { pace, signal }: TaskHost): ClaimWatch {
  let isLost = false;
  const look = (): void => {
    isLost ||= !isCurrent(claim);
  };
  const timer = setInterval(look, pace.beatMs);
  return {
    signal: {
      get aborted() {
        return isLost || signal.aborted;
      },
    },
    isLost() {
      look();
      return isLost;
    },
    stop: () => clearInterval(timer),
  };
}

/** The minutes of a run, those before it was gone on with too. */
function clockOf(run: string): BusyClock {
  const clock = new BusyClock();
  if (existsSync(runPaths(run).metrics)) countMinutes(readMetrics(run), clock);
  return clock;
}

/** What is wrong, as it is kept and told. */
function failureOf(error: unknown): FailedTask {
  if (error instanceof RuntimeFault) return { code: error.code, message: error.message };
  if (error instanceof CompileError) {
    const [first] = error.diagnostics;
    return { code: first?.code, message: first?.message ?? error.message };
  }
  return { code: undefined, message: error instanceof Error ? error.message : String(error) };
}

function failureText(error: unknown): string {
  return `${JSON.stringify(failureOf(error))}\n`;
}

function writeJson(path: string, value: unknown): void {
  writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
}

/** JSON has no word for what is not finite. */
function orNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
