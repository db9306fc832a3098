import type { CellValues } from "../statistics/paired.ts";
import type { CellResults, CellRun } from "../study-results.ts";

/** What the finished runs of a cell gave for a metric. A run that was stopped early has no final number. */
export function metricValues({ cell, runs }: CellResults, metric: string): CellValues {
  const finished = runs.filter((run) => isFinished(run, metric));
  return {
    name: cell.name,
    bySeed: new Map(finished.map((run) => [run.seed, run.measures[metric] ?? Number.NaN])),
  };
}

/** Whether a run has come to its end and was asked for the metric. */
function isFinished({ state, measures }: CellRun, metric: string): boolean {
  return state === "done" && metric in measures;
}
