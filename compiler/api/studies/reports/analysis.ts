import { type Comparison, compareCells, type Pair } from "../statistics/compare-cells.ts";
import { type CellValues, undefinedIn } from "../statistics/paired.ts";
import { type Ranking, rankCells } from "../statistics/ranking.ts";
import { type SeedsSupport, seedsSupport } from "../statistics/seeds-support.ts";
import { type Summary, summarize } from "../statistics/summary.ts";
import type { CellResults, StudyResults } from "../study-results.ts";
import type { MetricColumn } from "./columns.ts";
import { metricValues } from "./metric-values.ts";

/** What the data say by one metric. */
export interface MetricAnalysis {
  readonly metric: MetricColumn;
  /** Of each cell that the text has, in its order. */
  readonly cells: readonly AnalysedCell[];
  /** Each cell with its baseline; empty where the experiment names none. */
  readonly comparisons: readonly Comparison[];
  /** What the seeds of the study can show of as many comparisons; undefined without any. */
  readonly support: SeedsSupport | undefined;
  readonly ranking: Ranking;
}

export interface AnalysedCell {
  readonly results: CellResults;
  readonly values: CellValues;
  readonly summary: Summary;
  /** Runs that have ended without a number. */
  readonly undefinedRuns: number;
}

/** The cells that the text still has; the others leave tables and figures. */
export function currentCells({ cells }: StudyResults): readonly CellResults[] {
  return cells.filter(({ isCurrent }) => isCurrent);
}

export function analyse(results: StudyResults, metric: MetricColumn): MetricAnalysis {
  const cells = currentCells(results).map((one): AnalysedCell => {
    const values = metricValues(one, metric.name);
    const summary = summarize([...values.bySeed.values()]);
    return { results: one, values, summary, undefinedRuns: undefinedIn(values) };
  });
  const pairs = baselinePairs(cells);
  const ends = cells.map(({ values }) => values);
  return {
    metric,
    cells,
    comparisons: compareCells(pairs, metric.direction),
    support:
      pairs.length === 0 ? undefined : seedsSupport(results.study.seeds.length, pairs.length),
    ranking: rankCells(ends, metric.direction),
  };
}

function baselinePairs(cells: readonly AnalysedCell[]): readonly Pair[] {
  const byName = new Map(cells.map(({ values }) => [values.name, values]));
  return cells.flatMap(({ results, values }): Pair[] => {
    const baseline = byName.get(results.cell.baseline ?? "");
    return baseline === undefined || baseline === values ? [] : [[values, baseline]];
  });
}
