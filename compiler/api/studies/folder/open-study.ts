import { basename, join } from "node:path";
import { cwd } from "node:process";
import { fault } from "../../../../runtime/faults.ts";
import { createOnce } from "../../../../runtime/files/create-once.ts";
import { makeFolder } from "../../../../runtime/files/make-folder.ts";
import { stateNames } from "../../../../runtime/studies/claims.ts";
import { probeFolder } from "../../../../runtime/studies/probe-folder.ts";
import type { StageOptions } from "../../compile-options.ts";
import { compilerVersion } from "../../load/compiler-version.ts";
import type { Study } from "../study.ts";
import type { Pace, StudyDocument, StudyTraining, VanishedCell } from "./document-form.ts";
import { findStudyDocument, studyFormat, writeStudyDocument } from "./study-document.ts";
import { StudyInputs } from "./study-inputs.ts";
import { folderOf, readTaskState, tasksOf } from "./study-tasks.ts";
import { copyTexts } from "./study-texts.ts";

interface StudyOpening {
  /** The file with the experiment. */
  readonly file: StageOptions["file"];
  readonly training: StudyTraining;
  /** Go on with the study in the folder. */
  readonly resume: boolean;
  readonly pace: Pace;
}

/**
 * Writes a study into its folder, or goes on with the one that is there: cells that resolve to what they did keep their folders
 * under whatever name, new ones get one, and those that the text no longer has are kept apart.
 *
 * @throws {RuntimeFault} `study-begun`, `study-other`, `study-damaged`, `study-folder-unsafe`.
 */
export async function openStudy(
  folder: string,
  study: Study,
  { file, training, resume, pace }: StudyOpening,
): Promise<StudyDocument> {
  const before = findStudyDocument(folder);
  if (before !== undefined && !resume)
    throw fault("study-begun", { path: folder, name: before.study.name });
  if (before !== undefined && before.study.name !== study.name)
    throw fault("study-other", { path: folder, found: before.study.name, name: study.name });
  makeFolder(folder);
  await probeFolder(folder);
  const inputs = new StudyInputs(training);
  const works = { ...before?.works };
  const folders: Record<string, string> = {};
  for (const cell of study.cells) {
    const work = inputs.workOf(cell);
    works[work] ??= freshName(cell.name, work, new Set(Object.values(works)));
    folders[cell.identity] = works[work] ?? work;
  }
  const document: StudyDocument = {
    format: studyFormat,
    weft: compilerVersion(),
    study,
    folders,
    works,
    vanished: vanishedCells(new Set(Object.values(folders)), before),
    file: copyTexts(folder, file),
    training,
    workingFolder: cwd(),
    pace,
  };
  writeStudyDocument(folder, document);
  return document;
}

/** Eight digits are enough until two cells have the same ones. */
function freshName(cell: string, work: string, taken: ReadonlySet<string>): string {
  const names = [8, 16, 64].map((length) => `${fileName(cell)}-${work.slice(0, length)}`);
  return names.find((one) => !taken.has(one)) ?? work;
}

/** A name that every file system takes. */
function fileName(name: string): string {
  return name.replaceAll(/[^\w.=+-]+/g, "_").slice(0, 80);
}

/** The cells of this study's predecessors in the folder that it does not have. */
function vanishedCells(
  now: ReadonlySet<string>,
  before: StudyDocument | undefined,
): readonly VanishedCell[] {
  if (before === undefined) return [];
  const { study, folders, vanished } = before;
  const earlier = study.cells.map((cell) => ({ cell, folder: folderOf(folders, cell) }));
  const found = new Map<string, VanishedCell>();
  for (const one of [...earlier, ...vanished])
    if (!now.has(one.folder) && !found.has(one.folder)) found.set(one.folder, one);
  return [...found.values()];
}

/** Lets failed cells be tried again. Gives how many there are. */
export function retryFailed(folder: string, document: StudyDocument): number {
  let count = 0;
  for (const task of tasksOf(folder, document)) {
    const state = readTaskState(task);
    if (state.kind !== "failed") continue;
    createOnce(join(task.paths.state, stateNames.retried(state.files.attempt)), "");
    count += 1;
  }
  return count;
}

/** The folder of a study that nobody has named. */
export function usualFolder(study: string): string {
  return join("runs", fileName(basename(study)));
}
