import type { StudyDocument } from "../folder/document-form.ts";
import {
  type CellEstimate,
  findStudyPlan,
  type PlannedCell,
  type Spread,
  type StudyPlan,
  writeStudyPlan,
} from "../folder/study-plan.ts";
import { chosenTasks, readTaskState, type StudyTask, tasksOf } from "../folder/study-tasks.ts";
import type { Cell, Study } from "../study.ts";
import { usualSaving } from "../work/train-cells.ts";
import { measureShape, type ShapeTimes } from "./measure-shape.ts";
import { sharedWork } from "./shared-work.ts";

export type MeasureShape = (
  folder: string,
  document: StudyDocument,
  cell: Cell,
) => Promise<ShapeTimes>;

interface EstimateOptions {
  /** Default `true`. A study that runs for minutes is always measured: its schedules need numbers of steps. */
  readonly estimate?: boolean | undefined;
  readonly jobs?: number | undefined;
  /** What of the study is going to be run; without it all of it. */
  readonly only?: string | undefined;
  readonly measureShape?: MeasureShape | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
}

/**
 * Plans a study: what each cell with work left is measured to take, once for each shape, and what all that is going to be run
 * takes. What was measured before stays, above all the steps of cells that run for minutes.
 */
export async function estimateStudy(
  folder: string,
  document: StudyDocument,
  {
    estimate = true,
    jobs = 1,
    only,
    measureShape: measure = measureShape,
    onNote,
  }: EstimateOptions,
): Promise<StudyPlan> {
  const { study, training } = document;
  const before = findStudyPlan(folder);
  const left = tasksLeft(folder, document);
  const chosen = only === undefined ? left : chosenTasks(left, document, only);
  const isTimed = study.run.kind === "minutes";
  // Whoever takes the rest of such a study goes by the steps that were frozen for it.
  const measured = isTimed ? left : chosen;
  const shapes = new Map<string, ShapeTimes>();
  let device = before?.device;
  const cells: Record<string, PlannedCell> = {};
  for (const cell of study.cells) {
    const known = before?.cells[cell.identity];
    let own = known?.estimate;
    let steps = known?.steps;
    const isNeeded = measured.some((task) => task.cell.identity === cell.identity);
    if (own === undefined && isNeeded && (estimate || isTimed)) {
      const shape = shapeOf(cell);
      if (!shapes.has(shape)) onNote?.(`measuring ${cell.name} ...`);
      const times = shapes.get(shape) ?? (await measure(folder, document, cell));
      shapes.set(shape, times);
      device = times.device;
      own = estimateOf(times, study, training.saveEvery);
      if (isTimed) steps ??= own.steps;
    }
    const { name, cost } = cell;
    cells[cell.identity] = { name, cost: costOf(cost), estimate: own, steps };
  }
  const plan: StudyPlan = {
    device,
    cells,
    shared: sharedWork(document),
    totalMs: totalOf(chosen, cells, jobs),
  };
  writeStudyPlan(folder, plan);
  return plan;
}

function costOf({ parameters, trainable, macs, flopsPerStep, peakBytes }: Cell["cost"]) {
  return { parameters, trainable, macs, flopsPerStep, peakBytes };
}

function tasksLeft(folder: string, document: StudyDocument): readonly StudyTask[] {
  const isLeft = (task: StudyTask) => ["waiting", "running"].includes(readTaskState(task).kind);
  return tasksOf(folder, document).filter(isLeft);
}

/** Cells of equal counts have equal kernels, as far as times go. */
function shapeOf({ stage, phase, data, steps, cost }: Cell): string {
  const { parameters, trainable, macsPerStep, peakBytes, dispatches } = cost;
  const counts = [parameters, trainable, macsPerStep, peakBytes, dispatches];
  return JSON.stringify([stage, phase, data, steps, counts]);
}

function estimateOf(
  { openMs, stepMs, checkpointMs, measureMs, steps: whole }: ShapeTimes,
  { run, halving }: Study,
  saveEvery: number | undefined,
): CellEstimate {
  const steps =
    run.kind === "minutes" ? Math.max(1, Math.floor((run.amount * 60_000) / stepMs.median)) : whole;
  const every = saveEvery ?? usualSaving(steps) ?? steps;
  const checkpoints = Math.max(1, Math.ceil(steps / every));
  const rest = openMs + checkpoints * checkpointMs + measureMs;
  const runOf = (step: number): number => rest + steps * step;
  const { median, least, most } = stepMs;
  return {
    openMs,
    stepMs,
    steps,
    checkpointMs,
    checkpoints,
    measureMs,
    runMs: {
      median: runOf(median),
      // Cells that are stopped early take as little as the first rung.
      least: halving === undefined ? runOf(least) : rest + Math.min(steps, halving.from) * least,
      most: runOf(most),
    },
  };
}

/** Of several workers on one device nobody knows what each loses by the others: from all of it at once to one after the other. */
function totalOf(
  left: readonly StudyTask[],
  cells: Readonly<Record<string, PlannedCell>>,
  jobs: number,
): Spread | undefined {
  const sum = { median: 0, least: 0, most: 0 };
  for (const { cell } of left) {
    const run = cells[cell.identity]?.estimate?.runMs;
    if (run === undefined) return undefined;
    sum.median += run.median;
    sum.least += run.least;
    sum.most += run.most;
  }
  return { ...sum, least: sum.least / jobs };
}
