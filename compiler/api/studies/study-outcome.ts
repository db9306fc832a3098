import type { StudyDocument } from "./folder/document-form.ts";
import { readTaskState, tasksOf } from "./folder/study-tasks.ts";

/** How far a study is. */
export interface StudyOutcome {
  /** Whether every cell with every seed has a result, or was stopped by the rule of the study. */
  readonly isComplete: boolean;
  readonly done: number;
  readonly failed: number;
  readonly stopped: number;
  /** Those that nobody has begun, and those that are under way. */
  readonly left: number;
  readonly failures: readonly {
    readonly cell: string;
    readonly seed: number;
    readonly reason: string;
  }[];
}

export function studyOutcome(folder: string, document: StudyDocument): StudyOutcome {
  const counts = { done: 0, failed: 0, stopped: 0, waiting: 0, running: 0 };
  const failures: { cell: string; seed: number; reason: string }[] = [];
  for (const task of tasksOf(folder, document)) {
    const state = readTaskState(task);
    counts[state.kind] += 1;
    if (state.kind === "failed")
      failures.push({ cell: task.cell.name, seed: task.seed, reason: state.failure.message });
  }
  const { done, failed, stopped, waiting, running } = counts;
  const left = waiting + running;
  return { isComplete: left + failed === 0, done, failed, stopped, left, failures };
}
