import { type Comparison, compareCells, type Pair } from "../../statistics/compare-cells.ts";
import type { CellValues } from "../../statistics/paired.ts";
import { type SeedsSupport, seedsSupport } from "../../statistics/seeds-support.ts";
import { type Summary, summarize } from "../../statistics/summary.ts";
import type { CellResults, StudyResults } from "../../study-results.ts";
import { currentCells } from "../analysis.ts";
import type { MetricColumn } from "../columns.ts";
import { metricValues } from "../metric-values.ts";
import { requestedOf } from "../requested.ts";

/** Two studies beside each other, cell by cell of equal name. */
export interface StudyComparison {
  readonly first: StudyResults;
  readonly second: StudyResults;
  readonly matches: readonly Match[];
  /** Names of cells that only one of them has. */
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
  /** Seeds that both have: differences are paired by them. */
  readonly seeds: readonly number[];
  readonly metrics: readonly ComparedMetric[];
}

interface Match {
  readonly first: CellResults;
  readonly second: CellResults;
  /** Whether both resolve to the same work: what differs is then chance of the machine, and nothing of the text. */
  readonly isSameWork: boolean;
}

export interface ComparedMetric {
  readonly metric: MetricColumn;
  readonly cells: readonly { readonly first: Summary; readonly second: Summary }[];
  /** Second minus first, one for each match. */
  readonly comparisons: readonly Comparison[];
  readonly support: SeedsSupport;
}

/** Compares what both studies have: cells by their names, runs by their seeds, by the metrics that either is asked for. */
export function compareStudies(first: StudyResults, second: StudyResults): StudyComparison {
  const [own, others] = [currentCells(first), currentCells(second)];
  const byName = new Map(others.map((one) => [one.cell.name, one]));
  const matches = own.flatMap((one): Match[] => {
    const other = byName.get(one.cell.name);
    if (other === undefined) return [];
    return [{ first: one, second: other, isSameWork: one.cell.identity === other.cell.identity }];
  });
  const matched = new Set(matches.map((one) => one.first.cell.name));
  const without = (cells: readonly CellResults[]): readonly string[] =>
    cells.map(({ cell }) => cell.name).filter((name) => !matched.has(name));
  const seeds = first.study.seeds.filter((seed) => second.study.seeds.includes(seed));
  const all = [...requestedOf(first).metrics, ...requestedOf(second).metrics];
  const metrics = all.filter(({ name }, at) => all.findIndex((one) => one.name === name) === at);
  return {
    first,
    second,
    matches,
    onlyFirst: without(own),
    onlySecond: without(others),
    seeds,
    metrics: metrics.map((metric) => comparedMetric(matches, metric, seeds.length)),
  };
}

function comparedMetric(
  matches: readonly Match[],
  metric: MetricColumn,
  seeds: number,
): ComparedMetric {
  const values = matches.map(({ first, second }) => ({
    first: metricValues(first, metric.name),
    second: metricValues(second, metric.name),
  }));
  const pairs = values.map((one): Pair => [one.second, one.first]);
  const summaryOf = ({ bySeed }: CellValues): Summary => summarize([...bySeed.values()]);
  return {
    metric,
    cells: values.map((one) => ({ first: summaryOf(one.first), second: summaryOf(one.second) })),
    comparisons: compareCells(pairs, metric.direction),
    support: seedsSupport(seeds, pairs.length),
  };
}
