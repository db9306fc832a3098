import { existsSync, readFileSync } from "node:fs";
import { fault } from "../../../../runtime/faults.ts";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import {
  count,
  dictionary,
  list,
  optional,
  real,
  record,
  type Shape,
  text,
} from "../../load/shape.ts";
import type { CellCost } from "../study.ts";
import { studyPaths } from "./study-paths.ts";

/** What a cell was measured to take, before it ran. Times in milliseconds. */
export interface CellEstimate {
  /** From the text to a session with weights on the device, once for each run. */
  readonly openMs: number;
  /** Of one step: the median of five, and the least and the most of them. */
  readonly stepMs: Spread;
  readonly steps: number;
  /** Of one checkpoint, with the look at held-out records that belongs to it. */
  readonly checkpointMs: number;
  readonly checkpoints: number;
  /** Of the measures after the last step. */
  readonly measureMs: number;
  /** Of a whole run. */
  readonly runMs: Spread;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** `plan.json`: what was known of a study before it ran. */
export interface StudyPlan {
  readonly device: string | undefined;
  /** By identity. */
  readonly cells: Readonly<Record<string, PlannedCell>>;
  /** What runs have in common, in sentences. */
  readonly shared: readonly string[];
  /** For all runs that are going to be made, as many workers at a time as are asked for. */
  readonly totalMs: Spread | undefined;
}

export interface PlannedCell {
  readonly name: string;
  readonly cost: Pick<CellCost, "parameters" | "trainable" | "macs" | "flopsPerStep" | "peakBytes">;
  readonly estimate: CellEstimate | undefined;
  /** Of a study that runs for minutes: steps that were thought to fill them, with which schedules end. */
  readonly steps: number | undefined;
}

export function writeStudyPlan(folder: string, plan: StudyPlan): void {
  const { plan: path } = studyPaths(folder);
  writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(plan, null, 2)}\n`)]);
}

/** The plan of a study's folder; undefined where there is none yet. */
export function findStudyPlan(folder: string): StudyPlan | undefined {
  const { plan: path } = studyPaths(folder);
  if (!existsSync(path)) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (planShape(found)) return found;
  throw fault("study-damaged", { path, reason: "it has another form than this version writes" });
}

/**
 * The steps of a cell that is trained for minutes: frozen when they were first estimated, so that every seed and every run that
 * goes on has the same schedule.
 *
 * @throws {RuntimeFault} `study-damaged` where nobody has estimated them.
 */
export function frozenSteps(folder: string, identity: string): number {
  const steps = findStudyPlan(folder)?.cells[identity]?.steps;
  if (steps !== undefined) return steps;
  const reason = "its plan.json does not say how many steps fill the minutes";
  throw fault("study-damaged", { path: folder, reason });
}

const spread: Shape<Spread> = record<Spread>({ median: real, least: real, most: real });

const estimate: Shape<CellEstimate> = record<CellEstimate>({
  openMs: real,
  stepMs: spread,
  steps: count,
  checkpointMs: real,
  checkpoints: count,
  measureMs: real,
  runMs: spread,
});

const planShape: Shape<StudyPlan> = record<StudyPlan>({
  device: optional(text),
  cells: dictionary(
    record<PlannedCell>({
      name: text,
      cost: record<PlannedCell["cost"]>({
        parameters: count,
        trainable: count,
        macs: real,
        flopsPerStep: real,
        peakBytes: real,
      }),
      estimate: optional(estimate),
      steps: optional(count),
    }),
  ),
  shared: list(text),
  totalMs: optional(spread),
});
