import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "../../../../runtime/device/device.ts";
import { MetricsLog } from "../../../../runtime/runs/metrics-log.ts";
import { Session } from "../../../../runtime/session.ts";
import { batchInputs, batchSamples } from "../../../../runtime/train/batch-inputs.ts";
import { beginRun } from "../../../../runtime/train/open-run.ts";
import { BatchRunner } from "../../../../runtime/train/run-batch.ts";
import { RunSaver } from "../../../../runtime/train/save-run.ts";
import type { RunState } from "../../../../runtime/train/train-events.ts";
import { invariant } from "../../../diagnostics/internal-error.ts";
import type { TrainingOptions } from "../../library-types.ts";
import { tunedProfile } from "../../load/tuned-profile.ts";
import { openOn } from "../../open-loaded.ts";
import { type OpenPhase, openPhase } from "../../training/open-phase.ts";
import { compilePhases, shapesOf } from "../../training/phase-programs.ts";
import { stageOutline } from "../../training/stage-outline.ts";
import { trainingRecords } from "../../training/training-records.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import type { Spread } from "../folder/study-plan.ts";
import { measureCells } from "../measures/measure-cells.ts";
import type { Cell } from "../study.ts";
import { cellOptions } from "../work/train-cells.ts";

/** What one run of a cell consists of, in milliseconds. */
export interface ShapeTimes {
  readonly device: string;
  readonly openMs: number;
  readonly stepMs: Spread;
  readonly checkpointMs: number;
  readonly measureMs: number;
  /** Of the whole run, where the stage says it. */
  readonly steps: number;
}

/** The first steps take longer: pictures are decoded by code that is not optimised yet. */
const warmUpMs = 1500;
const mostWarmUpSteps = 64;
const measuredBlocks = 5;
/** A block is as many steps as take so long: what one short step takes, no clock tells. */
const blockMs = 300;
const mostPerBlock = 64;

/**
 * Times a cell in a folder that is gone afterwards: how long it takes to open it, a step of its first phase (a second and a
 * half to warm up, then five times as many as make a third of a second), a checkpoint and its measures.
 */
export async function measureShape(
  folder: string,
  document: StudyDocument,
  cell: Cell,
): Promise<ShapeTimes> {
  const out = mkdtempSync(join(folder, ".estimate-"));
  const options = { ...cellOptions(folder, document, cell), out, steps: cell.steps };
  const from = performance.now();
  try {
    const found = await openOn(options, async (device, isOwner) => {
      try {
        return await timesOf(device, options, document.study.seeds[0] ?? 0, from);
      } finally {
        if (isOwner) device.dispose();
      }
    });
    const measuring = performance.now();
    if (document.study.measures.length > 0)
      await measureCells(folder, document)({ cell, seed: 0, run: out });
    return { ...found, measureMs: performance.now() - measuring };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function timesOf(
  device: Device,
  given: TrainingOptions,
  seed: number,
  from: number,
): Promise<Omit<ShapeTimes, "measureMs">> {
  const outline = stageOutline(given);
  const options = { ...given, weights: outline.weights };
  const records = trainingRecords(options, outline);
  const { phases } = compilePhases(options, outline, records, tunedProfile(device, given.tuned));
  const start = beginRun(options.out, seed);
  const host = {
    device,
    records,
    open: (...[artifact, source, on]: Parameters<OpenSession>) =>
      Session.create(artifact, on, source, { ...options, guard: false }),
  };
  const phase = await openPhase(phases, start, options, host);
  const openMs = performance.now() - from;
  try {
    const { times, state } = await timeSteps(device, phase, start.state, options.memory);
    const checkpointMs = await timeCheckpoint(phase, options, state);
    const steps = phases.at(-1)?.to ?? 0;
    return { device: device.name, openMs, stepMs: spreadOf(times), checkpointMs, steps };
  } finally {
    phase.close();
  }
}

type OpenSession = Parameters<typeof openPhase>[3]["open"];

async function timeSteps(
  device: Device,
  { session, batches }: OpenPhase,
  from: RunState,
  memory: number | undefined,
): Promise<{ readonly times: readonly number[]; readonly state: RunState }> {
  const inputs = batchInputs(session.artifact);
  const count = batchSamples(session.artifact);
  const runner = await BatchRunner.create(session, memory);
  let state = from;
  const block = async (steps: number): Promise<number> => {
    const start = performance.now();
    for (let n = 0; n < steps; n++) {
      const { seed, step, samples } = state;
      const batch = await batches.read(state, inputs);
      const immediates = { seed, step };
      await runner.run(batch.inputs, { firstSample: samples, read: [], immediates });
      state = { ...state, step: step + 1, samples: samples + count };
    }
    await device.wait(device.gpu.queue.onSubmittedWorkDone());
    return (performance.now() - start) / steps;
  };
  try {
    let last = await block(1);
    const begun = performance.now();
    const isWarm = (): boolean => performance.now() - begun > warmUpMs;
    for (let n = 0; n < mostWarmUpSteps && !isWarm(); n++) last = await block(1);
    const steps = Math.min(mostPerBlock, Math.max(1, Math.ceil(blockMs / last)));
    const times: number[] = [];
    while (times.length < measuredBlocks) times.push(await block(steps));
    return { times, state };
  } finally {
    runner.dispose();
  }
}

/** With the look at held-out records, where there are any. */
async function timeCheckpoint(
  { program, session, measure }: OpenPhase,
  { out, keep = 1 }: TrainingOptions,
  state: RunState,
): Promise<number> {
  const start = performance.now();
  const log = MetricsLog.open(out, 0);
  try {
    const told = { run: out, keep, shapes: shapesOf(program), measure };
    const events = await new RunSaver(session, log, told, state).save(state, true);
    invariant(events.length > 0, "a checkpoint is told of");
    return performance.now() - start;
  } finally {
    log.close();
  }
}

function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (place: number): number => sorted[Math.max(0, place)] ?? 0;
  return {
    median: at(Math.floor(sorted.length / 2)),
    least: at(0),
    most: at(sorted.length - 1),
  };
}
