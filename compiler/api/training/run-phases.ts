import { type RunStart, resumeRun } from "../../../runtime/train/open-run.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import {
  type StopSignal,
  type TrainOptions,
  trainSteps,
} from "../../../runtime/train/train-steps.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { TrainingOptions } from "../library-types.ts";
import { type OpenPhase, openPhase, type PhaseHost } from "./open-phase.ts";
import { type PhaseProgram, shapesOf } from "./phase-programs.ts";

/** Where a run goes on, and how the phases behind its first are opened. */
interface RunBeginning {
  readonly start: RunStart;
  readonly first: OpenPhase;
  readonly host: PhaseHost;
}

interface PhasedRun {
  /** Goes through the steps, until all are done or the signal says so. Once. */
  events(signal?: StopSignal): AsyncGenerator<TrainEvent>;
  close(): void;
}

/**
 * The phases of a run, one after the other. Each ends with a checkpoint, and the next begins from that file: a run that is
 * broken off between them goes on in the same way as one that is left alone.
 */
export function runPhases(
  phases: readonly PhaseProgram[],
  options: TrainingOptions,
  { start: beginning, first, host }: RunBeginning,
): PhasedRun {
  let current: OpenPhase | undefined = first;
  const close = (): void => {
    current?.close();
    current = undefined;
  };
  async function* events(signal?: StopSignal): AsyncGenerator<TrainEvent> {
    let start = beginning;
    for (;;) {
      invariant(current !== undefined, "a run that is closed does not go on");
      const { program, session, batches } = current;
      const { phase, to } = program;
      const { state, metricsBytes } = start;
      if (phase !== undefined && phases.length > 1)
        yield { kind: "phase", phase, step: state.step, until: to };
      const own = settingsOf(program, options);
      const going = trainSteps(session, batches, { ...own, from: state, metricsBytes, signal });
      let isOver = true;
      for await (const event of going) {
        if (event.kind === "done" && event.isComplete && program !== phases.at(-1)) isOver = false;
        else yield event;
      }
      if (isOver) return;
      close();
      start = resumeRun(options.out, state.seed);
      invariant(start.state.step === to, "a phase ends with a checkpoint");
      current = await openPhase(phases, start, options, host);
    }
  }
  return { events, close };
}

/** What the loop needs beside where the run stands. */
function settingsOf(
  program: PhaseProgram,
  { out, saveEvery, keep = keptCheckpoints }: TrainingOptions,
): Omit<TrainOptions, "from" | "metricsBytes"> {
  const { phase, to, artifact, header } = program;
  const text = header?.config;
  return {
    run: out,
    phase,
    steps: to,
    saveEvery,
    keep,
    watches: artifact.stage.watches,
    memory: artifact.stage.memory?.budget,
    shapes: shapesOf(program),
    beside: text === undefined ? {} : { "config.json": new TextEncoder().encode(text) },
  };
}

/** How many checkpoints stay where nobody says. */
const keptCheckpoints = 3;
