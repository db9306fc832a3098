import type { Device } from "../../../runtime/device/device.ts";
import type { SpanSink } from "../../../runtime/execute/span.ts";
import { RuntimeFault } from "../../../runtime/faults.ts";
import { settingsFile } from "../../../runtime/runs/run-folder.ts";
import { settingsBytes } from "../../../runtime/runs/run-settings.ts";
import { type RunStart, resumeRun } from "../../../runtime/train/open-run.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import {
  type StopSignal,
  type TrainOptions,
  trainSteps,
} from "../../../runtime/train/train-steps.ts";
import type { TrainingOptions } from "../library-types.ts";
import { findBroken } from "./find-broken.ts";
import { type OpenPhase, openPhase, type PhaseHost } from "./open-phase.ts";
import { type PhaseProgram, shapesOf } from "./phase-programs.ts";

export interface RunHost extends PhaseHost {
  /** Opens a device in the place of one that was lost; undefined where that is somebody else's to do. */
  readonly reopen?: () => Promise<Device>;
  /** The step after which the run is left for now, as a signal would have it left; schedules know nothing of it. */
  readonly until?: number | undefined;
  /** Told of each step of the device and of what the loop does meanwhile. */
  readonly onSpan?: SpanSink | undefined;
}

/** Where a run goes on, and how the phases behind its first are opened. */
interface RunBeginning {
  readonly start: RunStart;
  readonly first: OpenPhase;
  readonly host: RunHost;
}

interface PhasedRun {
  /** Goes through the steps, until all are done or the signal says so. Once. */
  events(signal?: StopSignal): AsyncGenerator<TrainEvent>;
  close(): void;
}

/**
 * The phases of a run, one after the other. Each ends with a checkpoint, and the next begins from that file: a run that is
 * broken off between them goes on in the same way as one that is left alone. So does one whose device is lost, on a new
 * device, a few times.
 */
export function runPhases(
  phases: readonly PhaseProgram[],
  options: TrainingOptions,
  { start: beginning, first, host: given }: RunBeginning,
): PhasedRun {
  let current: OpenPhase | undefined = first;
  let host = given;
  const close = (): void => {
    current?.close();
    current = undefined;
  };
  const { until = Number.POSITIVE_INFINITY } = given;
  async function* events(signal?: StopSignal): AsyncGenerator<TrainEvent> {
    let start = beginning;
    let losses = 0;
    for (;;) {
      try {
        current ??= await openPhase(phases, start, options, host);
        const isOver = yield* phaseEvents(phases, current, start, options, {
          signal,
          until,
          onSpan: given.onSpan,
          frozen: given.frozen,
        });
        if (isOver) return;
        close();
      } catch (error) {
        close();
        await findWhereBroken(error, start);
        const isLost = error instanceof RuntimeFault && error.code === "device-lost";
        if (!isLost || given.reopen === undefined || losses === mostLosses) throw error;
        losses += 1;
        yield { kind: "warning", message: `${error.message}; it is opened anew` };
        const device = await given.reopen();
        // Programs are compiled for one device, and another would have other bits.
        if (device.name !== host.device.name) throw error;
        host = { ...host, device };
      }
      start = resumeRun(options.out, start.state.seed);
    }
  }
  /** Throws with the kernel where a loss began not to be finite, where that is wanted. */
  async function findWhereBroken(error: unknown, { state: { seed } }: RunStart): Promise<void> {
    if (options.guard !== true || !(error instanceof RuntimeFault)) return;
    const step = brokenStep(error);
    if (step !== undefined) await findBroken(phases, options, host, { step, seed });
  }
  return { events, close };
}

/** So often a device may be lost before the run ends. */
const mostLosses = 3;

/** The events of one phase; whether the run is over with it. */
async function* phaseEvents(
  phases: readonly PhaseProgram[],
  { program, session, batches, measure }: OpenPhase,
  { state, metricsBytes }: RunStart,
  options: TrainingOptions,
  { signal, until, onSpan, frozen }: RunWatch,
): AsyncGenerator<TrainEvent, boolean> {
  const { phase, to } = program;
  if (phase !== undefined && phases.length > 1)
    yield { kind: "phase", phase, step: state.step, until: to };
  const own = settingsOf(program, options);
  const steps = Math.min(to, until);
  const told = { ...own, steps, measure, from: state, metricsBytes, signal, onSpan, frozen };
  for await (const event of trainSteps(session, batches, told)) {
    if (event.kind !== "done") {
      yield event;
      continue;
    }
    const isWhole = event.step >= to;
    const isLast = program === phases.at(-1);
    if (isWhole && !isLast && event.step < until) return false;
    yield { ...event, isComplete: isWhole && isLast };
  }
  return true;
}

/** What ends a run before its last step, who is told how it goes, and what other runs have made. */
interface RunWatch extends Pick<RunHost, "onSpan" | "frozen"> {
  readonly signal: StopSignal | undefined;
  readonly until: number;
}

/** The step that a fault is about. */
function brokenStep({ code, step }: RuntimeFault): number | undefined {
  return code === "loss-not-finite" || code === "steps-skipped" ? step : undefined;
}

/** What the loop needs beside where the run stands. */
function settingsOf(
  program: PhaseProgram,
  { out, saveEvery, heldOutEvery, keep = keptCheckpoints }: TrainingOptions,
): Omit<TrainOptions, "from" | "metricsBytes"> {
  const { phase, to, artifact } = program;
  return {
    run: out,
    phase,
    steps: to,
    saveEvery,
    heldOutEvery,
    keep,
    watches: artifact.stage.watches,
    memory: artifact.stage.memory?.budget,
    shapes: shapesOf(program),
    beside: besideOf(program),
  };
}

/** What goes beside the weights, so that who reads them knows the sizes of the model. */
function besideOf({ artifact, header }: PhaseProgram): Readonly<Record<string, Uint8Array>> {
  const { model, stage } = artifact;
  const before = header?.settings?.model === model ? header.settings.set : {};
  const set = { ...before, ...stage.set };
  const config = header?.config;
  return {
    ...(config !== undefined && { "config.json": new TextEncoder().encode(config) }),
    ...(Object.keys(set).length > 0 && { [settingsFile]: settingsBytes({ model, set }) }),
  };
}

/** How many checkpoints stay where nobody says. */
const keptCheckpoints = 3;
