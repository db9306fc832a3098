import { type SpanSink, spanned } from "../execute/span.ts";
import { fault, RuntimeFault } from "../faults.ts";
import { MetricsLog } from "../runs/metrics-log.ts";
import type { Session } from "../session.ts";
import { batchInputs, batchSamples, lastStep } from "./batch-inputs.ts";
import type { BatchSource } from "./batch-source.ts";
import { checkpointTensors } from "./checkpoint-tensors.ts";
import type { FrozenStore } from "./frozen-store.ts";
import { BatchRunner } from "./run-batch.ts";
import { RunSaver, type SaveOptions } from "./save-run.ts";
import { ScalarRing, type ScalarRow } from "./scalar-ring.ts";
import { assertGoing, skipOf } from "./skipped-steps.ts";
import { lineOf, Meter, metricsOf, scalarNames } from "./step-metrics.ts";
import type { RunState, StepMetrics, TrainEvent } from "./train-events.ts";

/** Says that a run is to stop: an `AbortSignal`, for instance. */
export interface StopSignal {
  readonly aborted: boolean;
}

export interface TrainOptions extends SaveOptions {
  /** Where the run stands: the session has the weights and states of it. */
  readonly from: RunState;
  /** Bytes of `metrics.jsonl` then. */
  readonly metricsBytes: number;
  /** The phase that this is, where a stage has any: for the state of checkpoints. */
  readonly phase?: string | undefined;
  /** The step of the run to go to, from 1. */
  readonly steps: number;
  /** A checkpoint after so many steps, beside the one at the end. */
  readonly saveEvery?: number | undefined;
  /** The held-out records are looked at after so many steps, in the place of each checkpoint. */
  readonly heldOutEvery?: number | undefined;
  /** Scalars that stand under `watches` in `metrics.jsonl`: their names are the user's. */
  readonly watches: readonly string[];
  /** Bytes that the buffers of the program and what brings batches there may take together. */
  readonly memory?: number | undefined;
  /** Where what frozen parts make of samples is kept, where the program has it apart: this run's own, unless it is given. */
  readonly frozen?: FrozenStore | undefined;
  /** The step that is going on ends, a checkpoint is written, and the run is done. */
  readonly signal?: StopSignal | undefined;
  /** Told of each step of the device and of what the loop does meanwhile. */
  readonly onSpan?: SpanSink | undefined;
}

/**
 * Trains: one submit a step where the inputs of a batch are few bytes, and nothing read back but what is logged, which comes late. The
 * loop ends with a checkpoint and `done`. Who breaks it off gets no checkpoint of the steps since the last one.
 *
 * @throws {RuntimeFault} `loss-not-finite` or `steps-skipped` with the step; no checkpoint holds it. `run-unsaved` where the
 * disk refuses the last checkpoint; those before it are only warned of, since the disk may have room at the next.
 */
export async function* trainSteps(
  session: Session,
  batches: BatchSource,
  options: TrainOptions,
): AsyncGenerator<TrainEvent> {
  const { steps, from, phase, saveEvery = Number.POSITIVE_INFINITY, signal, watches } = options;
  const { heldOutEvery, onSpan } = options;
  const isMeasured = (step: number): boolean =>
    step === steps || step % (heldOutEvery ?? step) === 0;
  const step = lastStep(session.artifact);
  const inputs = batchInputs(session.artifact);
  const count = batchSamples(session.artifact);
  batches.assertFits(inputs, []);
  // What cannot be saved is told before the first step.
  checkpointTensors(session.artifact, options.shapes);
  const log = MetricsLog.open(options.run, options.metricsBytes);
  const names = scalarNames(step);
  const scalars = names.map((name) => session.outputOf(step.name, name));
  const rows = Math.max(1, Math.min(16, Math.floor(bytesOnTheWay / batches.stepBytes)));
  const ring = await ScalarRing.create<RunState>(session.device, scalars, rows);
  const meter = new Meter(from.samples, onSpan);
  const runner = await BatchRunner.create(session, options.memory, options.frozen);
  const saver = new RunSaver(session, log, options, from);
  try {
    let state = from;
    let saved = from.step;
    const took = (found: readonly ScalarRow<RunState>[]): StepMetrics[] => {
      const metrics = metricsOf(found, names, meter);
      for (const one of metrics) {
        assertGoing(one);
        log.append(lineOf(one, watches));
        saver.noteStep(one);
      }
      return metrics;
    };
    while (state.step < steps && signal?.aborted !== true) {
      const batch = await meter.waiting(session.device.wait(batches.read(state, inputs)));
      for (const message of batch.notes) yield { kind: "warning", message };
      const next = { ...state, phase, step: state.step + 1, samples: state.samples + count };
      await runner.run(batch.inputs, {
        firstSample: state.samples,
        read: [],
        immediates: { seed: state.seed, step: state.step },
        encode: (encoder) => ring.encode(encoder, next),
      });
      meter.submitted(next.step, session.device.gpu.queue.onSubmittedWorkDone());
      state = next;
      yield* took(await ring.take()).flatMap(asEvents);
      const isDue = state.step % saveEvery === 0;
      const isLookedAt = heldOutEvery !== undefined && isMeasured(state.step);
      if ((!isDue && !isLookedAt) || state.step === steps) continue;
      yield* took(await ring.flush()).flatMap(asEvents);
      try {
        yield* await spanned(onSpan, "train", isDue ? "checkpoint" : "held-out records", () =>
          isDue ? saver.save(state, isMeasured(state.step)) : saver.measure(state),
        );
        if (isDue) saved = state.step;
        // The next steps' rates are of steps alone.
        meter.skip();
      } catch (error) {
        const what = isDue ? "saved" : "measured";
        yield { kind: "warning", message: `step ${state.step} was not ${what}: ${refusal(error)}` };
      }
    }
    yield* took(await ring.flush()).flatMap(asEvents);
    if (state.step > saved) {
      const isDue = state.step === steps || state.step % saveEvery === 0;
      yield* await saver.save(state, isDue && isMeasured(state.step)).catch((error: unknown) => {
        throw fault("run-unsaved", {
          run: options.run,
          step: state.step,
          saved,
          reason: refusal(error),
        });
      });
    }
    const { samples } = state;
    yield { kind: "done", step: state.step, samples, isComplete: state.step >= steps };
  } finally {
    runner.dispose();
    ring.dispose();
    log.close();
  }
}

/** Why the disk has not taken a checkpoint; throws what is no such refusal. */
function refusal(error: unknown): string {
  if (error instanceof RuntimeFault && error.code === "file-unreadable") return error.message;
  throw error;
}

/** Inputs of steps that are submitted and may not be done. */
const bytesOnTheWay = 1 << 26;

function asEvents(metrics: StepMetrics): readonly TrainEvent[] {
  const message = skipOf(metrics);
  const warnings = message === undefined ? [] : [{ kind: "warning", message } as const];
  return [{ kind: "step", ...metrics }, ...warnings];
}
