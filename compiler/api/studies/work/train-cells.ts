import { join } from "node:path";
import { FrozenStore } from "../../../../runtime/train/frozen-store.ts";
import type { TrainingOptions } from "../../library-types.ts";
import { openTrainingRun } from "../../training/training-run.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import type { Cell } from "../study.ts";
import type { TrainCell, TrainRequest } from "./cell-work.ts";

/**
 * Trains cells of a study as `weft train` would, each on a device that is opened for it. What frozen parts make of a sample
 * is made once for all of them that have the same.
 */
export function trainCells(folder: string, document: StudyDocument): TrainCell {
  const frozen = new FrozenStore();
  return async function* train(request: TrainRequest) {
    const { cell, seed, out, steps, until, hasOtherTexts, signal } = request;
    const options: TrainingOptions = {
      ...cellOptions(folder, document, cell),
      out,
      seed,
      steps,
      saveEvery: document.training.saveEvery ?? usualSaving(steps),
      resume: true,
      force: hasOtherTexts,
      signal,
    };
    const run = await openTrainingRun(options, { until, frozen });
    const { buffers } = run.artifact.program;
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
    yield { kind: "opened", bytes, device: run.device.name };
    yield* run;
  };
}

/** What is asked of the stage of a cell, whoever asks. */
export function cellOptions(
  folder: string,
  { study, training, file }: StudyDocument,
  { identity, name, stage, phase, data, start }: Cell,
): Omit<TrainingOptions, "out"> {
  const asked = {
    ...training,
    keepFrozen: training.keepFrozen ?? true,
    file: join(folder, file),
    stage,
    phase,
    cell: { experiment: study.name, identity, name },
    // What the cell says itself goes before what the command says.
    data: data.length > 0 ? undefined : training.data,
    weights: start === undefined ? training.weights : undefined,
  };
  return asked;
}

/** Ten checkpoints a run, but none for a few steps. */
export function usualSaving(steps: number | undefined): number | undefined {
  return steps === undefined ? undefined : Math.max(fewestSteps, Math.ceil(steps / 10));
}

const fewestSteps = 100;
