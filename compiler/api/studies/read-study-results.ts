import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { type MetricsLine, readMetrics } from "../runs/read-metrics.ts";
import type { StudyDocument } from "./folder/document-form.ts";
import { readStudyDocument } from "./folder/study-document.ts";
import { taskPaths } from "./folder/study-paths.ts";
import { findStudyPlan } from "./folder/study-plan.ts";
import {
  folderOf,
  readTaskState,
  runOf,
  type StudyTask,
  type TaskState,
} from "./folder/study-tasks.ts";
import type { Cell } from "./study.ts";
import type { CellResults, CellRun, StudyResults } from "./study-results.ts";
import { countMinutes, historyOf } from "./work/run-numbers.ts";

/**
 * What a study has come to, from its folder alone, while its cells still run too. Of cells that resolve to the same each has
 * the results.
 *
 * @throws {RuntimeFault} `study-damaged`.
 */
export function readStudyResults(folder: string): StudyResults {
  const document = readStudyDocument(folder);
  const { study, folders, vanished } = document;
  const current = study.cells.map((cell) => ({
    cell,
    own: folderOf(folders, cell),
    isCurrent: true,
  }));
  const others = vanished.map(({ cell, folder: own }) => ({ cell, own, isCurrent: false }));
  return {
    study,
    cells: [...current, ...others].map(({ cell, own, isCurrent }) =>
      cellResults(folder, document, cell, { own, isCurrent }),
    ),
    device: findStudyPlan(folder)?.device ?? "",
  };
}

function cellResults(
  folder: string,
  { study: { seeds } }: StudyDocument,
  cell: Cell,
  { own, isCurrent }: { readonly own: string; readonly isCurrent: boolean },
): CellResults {
  const runs = seeds.map((seed) => {
    const task = { cell, seed, paths: taskPaths(folder, own, seed) };
    return cellRun(folder, task);
  });
  return { cell, isCurrent, runs };
}

function cellRun(folder: string, task: StudyTask): CellRun {
  const state = readTaskState(task);
  const run = runOf(task);
  const lines = run === undefined ? [] : linesOf(run);
  const result = state.kind === "done" ? state.result : undefined;
  const pictures = run === undefined ? [] : (result?.pictures ?? []).map((path) => join(run, path));
  return {
    seed: task.seed,
    state: state.kind,
    reason: reasonOf(state),
    history: historyOf(countMinutes(lines), task.cell.cost.flopsPerStep),
    measures: result?.measures ?? {},
    peakBytes: result?.peakBytes,
    stepMs: medianStep(lines),
    pictures: pictures.map((path) => relative(folder, path).split(sep).join("/")),
  };
}

function reasonOf(state: TaskState): string | undefined {
  if (state.kind === "failed") return state.failure.message;
  return state.kind === "stopped" ? state.reason : undefined;
}

/** What is logged so far; a run that has logged nothing has no lines. */
function linesOf(run: string): readonly MetricsLine[] {
  return existsSync(runPaths(run).metrics) ? readMetrics(run) : [];
}

/** Median time of a step without waiting for records; undefined before there are any. */
function medianStep(lines: readonly MetricsLine[]): number | undefined {
  let before = 0;
  const times = lines.flatMap(({ isHeldOut, step, numbers }) => {
    if (isHeldOut) return [];
    const { samples = before, samplesPerSecond = 0, idle = 0 } = numbers;
    const taken = samples - before;
    before = samples;
    if (step <= 2 || !(samplesPerSecond > 0)) return [];
    return [(1000 * taken * (1 - Math.min(1, idle))) / samplesPerSecond];
  });
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}
