import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SilenceWatch } from "../../../../runtime/studies/claims.ts";
import type { StopSignal } from "../../../../runtime/train/train-steps.ts";
import { readStudyDocument } from "../folder/study-document.ts";
import { frozenSteps } from "../folder/study-plan.ts";
import { chosenTasks, type StudyTask, tasksOf } from "../folder/study-tasks.ts";
import type { Study } from "../study.ts";
import type { MeasureCell, TrainCell, WorkEvent } from "./cell-work.ts";
import { doTask } from "./do-task.ts";
import { HalvingRule, halvingMeasure } from "./halving.ts";
import { takeTask } from "./take-task.ts";

interface WorkOptions {
  readonly train: TrainCell;
  readonly measure: MeasureCell;
  readonly signal: StopSignal;
  /** `CELL`, `HASH` or `CELL/SEED`: the tasks to take. */
  readonly only?: string | undefined;
}

/**
 * Works on the tasks of a study's folder until none is left, or the signal says so. It may be done by as many processes as
 * there are: what is taken by one is left alone by the others, as long as its owner lives.
 *
 * @throws {RuntimeFault} `study-damaged`, `study-cell-unknown`.
 */
export async function* workOnStudy(
  folder: string,
  { train, measure, signal, only }: WorkOptions,
): AsyncGenerator<WorkEvent> {
  const document = readStudyDocument(folder);
  const { study, pace, file } = document;
  const all = tasksOf(folder, document);
  const tasks = only === undefined ? all : chosenTasks(all, document, only);
  const watch = new SilenceWatch(pace.silentMs);
  const halving = new HalvingRule(study, all);
  const host = {
    train,
    measure,
    pace,
    signal,
    texts: dirname(file),
    rungMeasure: halvingMeasure(study),
  };
  while (!signal.aborted) {
    const taken = takeTask(tasks, watch, halving);
    if (taken === undefined) return;
    if (taken === "waits") {
      await pause(Math.min(pace.lookMs, pace.silentMs / 4));
      continue;
    }
    const { task, claim, until } = taken;
    const goal = { ...lengthOf(study, task, folder), until };
    yield* doTask(task, claim, goal, host);
  }
}

/** How long a cell is trained: by its steps, or by minutes, for which the plan has frozen the steps that they were thought to take. */
function lengthOf(study: Study, { cell }: StudyTask, folder: string) {
  if (study.run.kind !== "minutes") return { steps: cell.steps, minutes: undefined };
  const steps = frozenSteps(folder, cell.identity);
  return { steps, minutes: study.run.amount };
}
