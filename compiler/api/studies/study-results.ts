import type { Cell, Study } from "./study.ts";

/** A study with what its runs have given so far, read from its folder; reports are made of this alone. */
export interface StudyResults {
  readonly study: Study;
  /** Of `study.cells`, in their order, then those that the text no longer has. */
  readonly cells: readonly CellResults[];
  readonly device: string;
}

export interface CellResults {
  readonly cell: Cell;
  /** Whether the text still has the cell: one that it has not stays in the folder and leaves the tables. */
  readonly isCurrent: boolean;
  /** By seed, in the order of the study. */
  readonly runs: readonly CellRun[];
}

export type CellState = "waiting" | "running" | "done" | "failed" | "stopped";

export interface CellRun {
  readonly seed: number;
  readonly state: CellState;
  /** Why it failed, or by which rung it was stopped. */
  readonly reason: string | undefined;
  /** What was logged, a line a step. */
  readonly history: readonly HistoryPoint[];
  /** Numbers of measures by `measure.field`, and `loss`; null where one is undefined (NaN). */
  readonly measures: Readonly<Record<string, number | null>>;
  /** Bytes that the device held at most; undefined until the run has begun. */
  readonly peakBytes: number | undefined;
  /** Median time of a step in milliseconds: never part of a table that has to be equal when made again. */
  readonly stepMs: number | undefined;
  /** Pictures that the measures wrote, as paths below the folder of the study. */
  readonly pictures: readonly string[];
}

export interface HistoryPoint {
  readonly step: number;
  readonly samples: number;
  readonly flops: number;
  /** Minutes in which the device was busy. */
  readonly minutes: number;
  /** The loss, and what the stage watches, by name. */
  readonly values: Readonly<Record<string, number>>;
}
