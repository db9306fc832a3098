import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "../../../../runtime/files/atomic-write.ts";
import { readStateFiles, type StateFiles, stateNames } from "../../../../runtime/studies/claims.ts";
import { invariant } from "../../../diagnostics/internal-error.ts";
import { chosenCells } from "../choose-cells.ts";
import type { Cell } from "../study.ts";
import type { StudyDocument } from "./document-form.ts";
import { taskPaths } from "./study-paths.ts";
import { type FailedTask, parseFailure, parseResult, type TaskResult } from "./task-result.ts";

/** One cell with one seed: what a worker does at a time. Cells that resolve to the same have one task between them. */
export interface StudyTask {
  /** The first of those that resolve to this. */
  readonly cell: Cell;
  readonly seed: number;
  readonly paths: ReturnType<typeof taskPaths>;
}

export type TaskState =
  | { readonly kind: "waiting"; readonly files: StateFiles }
  /** Somebody has taken it; whether they live is for workers to judge. */
  | { readonly kind: "running"; readonly files: StateFiles }
  | { readonly kind: "failed"; readonly files: StateFiles; readonly failure: FailedTask }
  | { readonly kind: "stopped"; readonly files: StateFiles; readonly reason: string }
  | { readonly kind: "done"; readonly files: StateFiles; readonly result: TaskResult };

/** The tasks of a study, seed by seed: whoever looks early sees all cells with few seeds. */
export function tasksOf(folder: string, { study, folders }: StudyDocument): readonly StudyTask[] {
  const byFolder = new Map<string, Cell>();
  for (const cell of study.cells) {
    const own = folderOf(folders, cell);
    if (!byFolder.has(own)) byFolder.set(own, cell);
  }
  return study.seeds.flatMap((seed) =>
    [...byFolder].map(([own, cell]) => ({ cell, seed, paths: taskPaths(folder, own, seed) })),
  );
}

export function folderOf(folders: StudyDocument["folders"], cell: Cell): string {
  const own = folders[cell.identity];
  invariant(own !== undefined, "every cell of a study has a folder");
  return own;
}

/** What the files say of a task. */
export function readTaskState({ paths: { state } }: StudyTask): TaskState {
  const files = readStateFiles(state);
  const { attempt, has } = files;
  const read = (name: string): string => readFileSync(join(state, name), "utf8");
  if (has(stateNames.done))
    return { kind: "done", files, result: parseResult(state, read(stateNames.done)) };
  if (has(stateNames.stopped))
    return { kind: "stopped", files, reason: parseFailure(read(stateNames.stopped)).message };
  if (attempt === 0 || has(stateNames.released(attempt))) return { kind: "waiting", files };
  if (!has(stateNames.failed(attempt))) return { kind: "running", files };
  if (has(stateNames.retried(attempt))) return { kind: "waiting", files };
  return { kind: "failed", files, failure: parseFailure(read(stateNames.failed(attempt))) };
}

/** The folder of the run that a task has got to; undefined where it has none yet. */
export function runOf(task: StudyTask): string | undefined {
  const { run, state, attempt } = task.paths;
  if (existsSync(run)) return run;
  const newest = attemptsIn(state).at(-1);
  return newest === undefined ? undefined : attempt(newest);
}

/** The numbers of attempts that have folders, oldest first. */
export function attemptsIn(state: string): readonly number[] {
  const names = existsSync(state) ? readdirSync(state) : [];
  return names
    .flatMap((name) => {
      const [, digits] = /^attempt-([1-9]\d{0,8})$/.exec(name) ?? [];
      return digits === undefined ? [] : [Number(digits)];
    })
    .sort((left, right) => left - right);
}

/**
 * Brings the run whose result was published to its place, and removes those of other attempts. Whoever published it does so,
 * and whoever comes later where that was ended before.
 */
export function settleTask(
  { paths: { run, state, attempt } }: StudyTask,
  result: TaskResult,
): void {
  try {
    if (!existsSync(run)) renameSync(attempt(result.attempt), run);
  } catch (error) {
    // Somebody else has done it.
    if (!hasCode(error, ["ENOENT", "ENOTEMPTY", "EEXIST"])) throw error;
  }
  if (!existsSync(run)) return;
  for (const other of attemptsIn(state))
    rmSync(attempt(other), { recursive: true, force: true, maxRetries: 3 });
}

/**
 * The tasks that `only` asks for, as `chosenCells` reads it.
 *
 * @throws {RuntimeFault} `study-cell-unknown`.
 */
export function chosenTasks(
  tasks: readonly StudyTask[],
  { study, folders }: StudyDocument,
  only: string,
): readonly StudyTask[] {
  const { cells, seeds } = chosenCells(study, only, folders);
  const chosen = new Set(cells.map((cell) => folderOf(folders, cell)));
  return tasks.filter(
    ({ cell, seed }) => chosen.has(folderOf(folders, cell)) && seeds.includes(seed),
  );
}
