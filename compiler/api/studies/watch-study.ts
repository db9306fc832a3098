import { existsSync } from "node:fs";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { readMetrics } from "../runs/read-metrics.ts";
import type { StudyDocument } from "./folder/document-form.ts";
import { findStudyPlan } from "./folder/study-plan.ts";
import {
  chosenTasks,
  readTaskState,
  runOf,
  type StudyTask,
  tasksOf,
} from "./folder/study-tasks.ts";
import type { CellState } from "./study-results.ts";

/** Where one cell with one seed stands. */
export interface TaskView {
  readonly cell: string;
  readonly seed: number;
  readonly state: CellState;
  /** The loss of each step so far. */
  readonly losses: readonly number[];
  /** What it is compared by when it is done, else that of its newest step. */
  readonly loss: number | undefined;
  readonly reason: string | undefined;
  /** Share of the steps that are done, 0 to 1. */
  readonly share: number;
  /** What a run of it was measured to take, in milliseconds; 1 where nobody has measured. */
  readonly weight: number;
}

/** Looks at the folder of a study again and again, whoever works there. What is over is read once. */
export class StudyWatch {
  readonly #tasks: readonly StudyTask[];
  readonly #weights: ReadonlyMap<string, number>;
  readonly #over = new Map<StudyTask, TaskView>();

  /** `only` are those of the study that are going to be run. */
  constructor(folder: string, document: StudyDocument, only?: string) {
    const all = tasksOf(folder, document);
    this.#tasks = only === undefined ? all : chosenTasks(all, document, only);
    const cells = Object.entries(findStudyPlan(folder)?.cells ?? {});
    this.#weights = new Map(
      cells.map(([identity, { estimate }]) => [identity, estimate?.runMs.median ?? 1]),
    );
  }

  look(): readonly TaskView[] {
    return this.#tasks.map((task) => {
      const known = this.#over.get(task);
      if (known !== undefined) return known;
      const view = this.#viewOf(task);
      if (view.state === "done" || view.state === "stopped") this.#over.set(task, view);
      return view;
    });
  }

  #viewOf(task: StudyTask): TaskView {
    const state = readTaskState(task);
    const losses = state.kind === "waiting" && state.files.attempt === 0 ? [] : lossesOf(task);
    const { cell, seed } = task;
    const steps = cell.steps ?? Number.POSITIVE_INFINITY;
    const isOver = state.kind === "done" || state.kind === "stopped" || state.kind === "failed";
    const measured = state.kind === "done" ? (state.result.measures.loss ?? Number.NaN) : undefined;
    return {
      cell: cell.name,
      seed,
      state: state.kind,
      losses,
      loss: measured ?? losses.at(-1),
      reason:
        state.kind === "failed"
          ? state.failure.message
          : state.kind === "stopped"
            ? state.reason
            : undefined,
      share: isOver ? 1 : Math.min(1, losses.length / steps),
      weight: this.#weights.get(cell.identity) ?? 1,
    };
  }
}

function lossesOf(task: StudyTask): readonly number[] {
  const run = runOf(task);
  if (run === undefined || !existsSync(runPaths(run).metrics)) return [];
  const steps = readMetrics(run).filter(({ isHeldOut }) => !isHeldOut);
  return steps.map(({ numbers }) => numbers.loss ?? Number.NaN);
}
