import { join } from "node:path";

/** The places of a study's files: one table, so that writers and readers cannot disagree. */
export function studyPaths(folder: string) {
  return {
    document: join(folder, "study.json"),
    plan: join(folder, "plan.json"),
    cells: join(folder, "cells"),
    /** Texts as they were when the study was begun or went on, each time in a folder of their hash. */
    texts: join(folder, "texts"),
    report: join(folder, "report"),
    /** What launchers write: job scripts, what workers say. */
    workers: join(folder, "workers"),
  };
}

/** Of one cell with one seed. */
export function taskPaths(folder: string, cell: string, seed: number) {
  const own = join(studyPaths(folder).cells, cell);
  const state = join(own, "state", `seed-${seed}`);
  return {
    /** The run whose result was published, as `weft train` writes it. */
    run: join(own, `seed-${seed}`),
    state,
    /** A run on its way. */
    attempt: (number: number): string => join(state, `attempt-${number}`),
  };
}

/** In the folder of a run: the numbers of its measures. */
export const measuresFile = "measures.json";
/** And what evaluations have written, a folder for each. */
export const measuresFolder = "measures";
