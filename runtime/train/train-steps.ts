import { join } from "node:path";
import type { StepSpec } from "../../compiler/artifact.ts";
import { RuntimeFault } from "../faults.ts";
import { MetricsLog } from "../runs/metrics-log.ts";
import { pruneCheckpoints } from "../runs/prune-checkpoints.ts";
import { runPaths } from "../runs/run-folder.ts";
import { writeCheckpoint } from "../runs/write-checkpoint.ts";
import type { Session } from "../session.ts";
import type { Shapes } from "../weights/key-pieces.ts";
import { batchInputs, batchSamples, lastStep } from "./batch-inputs.ts";
import type { BatchSource } from "./batch-source.ts";
import { checkpointTensors } from "./checkpoint-tensors.ts";
import { BatchRunner } from "./run-batch.ts";
import { ScalarRing, type ScalarRow } from "./scalar-ring.ts";
import { assertGoing, skipOf } from "./skipped-steps.ts";
import type { RunState, StepMetrics, TrainEvent } from "./train-events.ts";

/** Says that a run is to stop: an `AbortSignal`, for instance. */
export interface StopSignal {
  readonly aborted: boolean;
}

export interface TrainOptions {
  /** Folder of the run, which the caller has locked. */
  readonly run: string;
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
  /** How many checkpoints stay. */
  readonly keep: number;
  /** Scalars that stand under `watches` in `metrics.jsonl`: their names are the user's. */
  readonly watches: readonly string[];
  /** Shapes of the checkpoint that the weights came from, by key; none where it was initialisers. */
  readonly shapes: Shapes;
  /** Files that go into each checkpoint as they are, by name. */
  readonly beside?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Bytes that the buffers of the program and what brings batches there may take together. */
  readonly memory?: number | undefined;
  /** The step that is going on ends, a checkpoint is written, and the run is done. */
  readonly signal?: StopSignal | undefined;
}

/**
 * Trains: one submit a step where the inputs of a batch are few bytes, and nothing read back but what is logged, which comes late. The
 * loop ends with a checkpoint and `done`. Who breaks it off gets no checkpoint of the steps since the last one.
 *
 * @throws {RuntimeFault} `loss-not-finite` or `steps-skipped` with the step; no checkpoint holds it.
 */
export async function* trainSteps(
  session: Session,
  batches: BatchSource,
  options: TrainOptions,
): AsyncGenerator<TrainEvent> {
  const { steps, from, phase, saveEvery = Number.POSITIVE_INFINITY, signal, watches } = options;
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
  const meter = new Meter(from.samples);
  const runner = await BatchRunner.create(session, options.memory);
  try {
    let state = from;
    const took = (found: readonly ScalarRow<RunState>[]): StepMetrics[] => {
      const metrics = metricsOf(found, names, meter);
      for (const one of metrics) {
        assertGoing(one);
        log.append(lineOf(one, watches));
      }
      return metrics;
    };
    let unsaved: RuntimeFault | undefined;
    while (state.step < steps && signal?.aborted !== true) {
      const batch = await meter.waiting(batches.read(state, inputs));
      for (const message of batch.notes) yield { kind: "warning", message };
      const next = { ...state, phase, step: state.step + 1, samples: state.samples + count };
      await runner.run(batch.inputs, {
        firstSample: state.samples,
        read: [],
        immediates: { seed: state.seed, step: state.step },
        encode: (encoder) => ring.encode(encoder, next),
      });
      state = next;
      yield* took(await ring.take()).flatMap(asEvents);
      if (state.step % saveEvery !== 0 || state.step === steps) continue;
      yield* took(await ring.flush()).flatMap(asEvents);
      try {
        yield await save(session, state, log, options);
        unsaved = undefined;
      } catch (error) {
        if (!(error instanceof RuntimeFault) || error.code !== "file-unreadable") throw error;
        // A disk that is full now may have room at the next.
        unsaved = error;
        const message = `step ${state.step} was not saved: ${unsaved.message}`;
        yield { kind: "warning", message };
      }
    }
    yield* took(await ring.flush()).flatMap(asEvents);
    if (state.step > from.step) yield await save(session, state, log, options);
    const { samples } = state;
    yield { kind: "done", step: state.step, samples, isComplete: state.step >= steps };
  } finally {
    runner.dispose();
    ring.dispose();
    log.close();
  }
}

/** Inputs of steps that are submitted and may not be done. */
const bytesOnTheWay = 1 << 26;

function scalarNames({ outputs }: StepSpec): readonly string[] {
  const names = outputs.flatMap(({ name, shape }) => (shape.length === 0 ? [name] : []));
  return ["loss", ...names.filter((name) => name !== "loss")];
}

function asEvents(metrics: StepMetrics): readonly TrainEvent[] {
  const message = skipOf(metrics);
  const warnings = message === undefined ? [] : [{ kind: "warning", message } as const];
  return [{ kind: "step", ...metrics }, ...warnings];
}

function metricsOf(
  rows: readonly ScalarRow<RunState>[],
  names: readonly string[],
  meter: Meter,
): StepMetrics[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const rates = meter.rates(last.tag.samples);
  return rows.map(({ tag: { step, samples }, values }) => {
    const [loss = Number.NaN, ...others] = values;
    const scalars = Object.fromEntries(
      names.slice(1).map((name, n) => [name, others[n] ?? Number.NaN]),
    );
    return { step, samples, loss, scalars, ...rates };
  });
}

/** A line of `metrics.jsonl`. */
function lineOf(
  { step, samples, loss, scalars, samplesPerSecond, idle }: StepMetrics,
  watches: readonly string[],
): Readonly<Record<string, unknown>> {
  const all = Object.entries(scalars);
  const others = all.filter(([name]) => !watches.includes(name));
  const watched = Object.fromEntries(all.filter(([name]) => watches.includes(name)));
  return {
    step,
    samples,
    loss,
    watches: watched,
    ...Object.fromEntries(others),
    samplesPerSecond,
    idle,
  };
}

/** Samples a second between one look and the next, and the share of time in which the loop waited for data. */
class Meter {
  #samples: number;
  #at = performance.now();
  #waitedMs = 0;

  constructor(samples: number) {
    this.#samples = samples;
  }

  async waiting<T>(data: Promise<T>): Promise<T> {
    const from = performance.now();
    const found = await data;
    this.#waitedMs += performance.now() - from;
    return found;
  }

  rates(samples: number): Pick<StepMetrics, "samplesPerSecond" | "idle"> {
    const now = performance.now();
    const passedMs = Math.max(1e-3, now - this.#at);
    const rate = ((samples - this.#samples) * 1000) / passedMs;
    const idle = this.#waitedMs / passedMs;
    this.#samples = samples;
    this.#at = now;
    this.#waitedMs = 0;
    return { samplesPerSecond: Number(rate.toPrecision(4)), idle: Number(idle.toPrecision(3)) };
  }
}

async function save(
  session: Session,
  state: RunState,
  log: MetricsLog,
  { run, shapes, beside = {}, keep }: TrainOptions,
): Promise<TrainEvent> {
  const tensors = Object.entries(checkpointTensors(session.artifact, shapes));
  const own = tensors.map(([name, some]) => [name, session.bytesOf(some)] as const);
  const others = Object.entries(beside).map(([name, bytes]) => [name, [bytes]] as const);
  const files = Object.fromEntries([...own, ...others]);
  const metricsBytes = log.sync();
  const name = await writeCheckpoint(run, { step: state.step, files, state, metricsBytes });
  pruneCheckpoints(run, keep);
  return { kind: "checkpoint", step: state.step, folder: join(runPaths(run).checkpoints, name) };
}
