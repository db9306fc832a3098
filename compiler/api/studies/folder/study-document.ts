import { existsSync } from "node:fs";
import { fault } from "../../../../runtime/faults.ts";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import { readText } from "../../../../runtime/files/read-bytes.ts";
import type { Pace, StudyDocument } from "./document-form.ts";
import { studyPaths } from "./study-paths.ts";
import { documentShape } from "./study-shape.ts";

export const usualPace: Pace = { beatMs: 10_000, silentMs: 60_000, lookMs: 1_000 };

export const studyFormat = 1;

/** The document of a study's folder; undefined where there is none. */
export function findStudyDocument(folder: string): StudyDocument | undefined {
  return existsSync(studyPaths(folder).document) ? readStudyDocument(folder) : undefined;
}

/** @throws {RuntimeFault} `study-damaged` where the folder has none, or one of another form. */
export function readStudyDocument(folder: string): StudyDocument {
  const { document: path } = studyPaths(folder);
  if (!existsSync(path))
    throw fault("study-damaged", { path: folder, reason: "it has no study.json" });
  let found: unknown;
  try {
    found = JSON.parse(readText(path, largestDocument));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (documentShape(found)) return found;
  throw fault("study-damaged", { path, reason: "it has another form than this version writes" });
}

export function writeStudyDocument(folder: string, document: StudyDocument): void {
  const { document: path } = studyPaths(folder);
  writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`)]);
}

const largestDocument = 1 << 29;
