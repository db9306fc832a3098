import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { cwd } from "node:process";
import { fault } from "../../../../runtime/faults.ts";
import { createOnce } from "../../../../runtime/files/create-once.ts";
import { makeFolder } from "../../../../runtime/files/make-folder.ts";
import { stateNames } from "../../../../runtime/studies/claims.ts";
import { probeFolder } from "../../../../runtime/studies/probe-folder.ts";
import type { StageOptions } from "../../compile-options.ts";
import { compilerVersion } from "../../load/compiler-version.ts";
import type { Cell, Study } from "../study.ts";
import type { Pace, StudyDocument, StudyTraining } from "./document-form.ts";
import { findStudyDocument, studyFormat, writeStudyDocument } from "./study-document.ts";
import { readTaskState, tasksOf } from "./study-tasks.ts";
import { copyTexts } from "./study-texts.ts";

export interface StudyOpening {
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
  const document: StudyDocument = {
    format: studyFormat,
    weft: compilerVersion(),
    study,
    folders: foldersOf(study.cells, before?.folders ?? {}),
    vanished: vanishedCells(study.cells, before),
    file: copyTexts(folder, file),
    training,
    workingFolder: cwd(),
    pace,
  };
  writeStudyDocument(folder, document);
  return document;
}

/** Folders by identity: those that are there stay. */
function foldersOf(
  cells: readonly Cell[],
  before: StudyDocument["folders"],
): StudyDocument["folders"] {
  const folders: Record<string, string> = { ...before };
  const taken = new Set(Object.values(before));
  for (const { identity, name } of cells) {
    if (Object.hasOwn(folders, identity)) continue;
    // Eight digits are enough until two cells have the same ones.
    const lengths = [8, 16, 64];
    const names = lengths.map((length) => `${fileName(name)}-${identity.slice(0, length)}`);
    const own = names.find((one) => !taken.has(one)) ?? identity;
    folders[identity] = own;
    taken.add(own);
  }
  return folders;
}

/** A name that every file system takes. */
function fileName(name: string): string {
  return name.replaceAll(/[^\w.=+-]+/g, "_").slice(0, 80);
}

/** The cells of this text's predecessors that it does not have. */
function vanishedCells(cells: readonly Cell[], before: StudyDocument | undefined): readonly Cell[] {
  const now = new Set(cells.map(({ identity }) => identity));
  const earlier = [...(before?.study.cells ?? []), ...(before?.vanished ?? [])];
  const found = new Map<string, Cell>();
  for (const cell of earlier)
    if (!now.has(cell.identity) && !found.has(cell.identity)) found.set(cell.identity, cell);
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

/** Whether there is a study in a folder: a run's has none. */
export function isStudyFolder(folder: string): boolean {
  return existsSync(join(folder, "study.json"));
}
