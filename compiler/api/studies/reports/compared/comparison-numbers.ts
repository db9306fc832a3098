import { type CsvValue, csvText } from "../written/csv.ts";
import type { ComparisonReport } from "./comparison-report.ts";

/** A line for each cell of both and each metric, with all digits. */
export function comparisonCsv({ comparison: { matches, metrics } }: ComparisonReport): string {
  const titles = [
    ...["cell", "same_work", "metric", "a_n", "a_mean", "b_n", "b_mean", "pairs", "difference"],
    ...["low", "high", "p", "p_holm", "verdict"],
  ];
  const rows = metrics.flatMap(({ metric, cells, comparisons }) =>
    matches.map(({ first, isSameWork }, at): CsvValue[] => {
      const [own, one] = [cells[at], comparisons[at]];
      return [
        first.cell.name,
        String(isSameWork),
        metric.name,
        ...[own?.first.n, own?.first.mean, own?.second.n, own?.second.mean],
        ...[one?.summary.n, one?.summary.mean],
        ...[one?.summary.interval?.low, one?.summary.interval?.high],
        ...[one?.p, one?.corrected, one?.verdict],
      ];
    }),
  );
  return csvText([titles, ...rows]);
}

/** For programs. */
export function comparisonJson({ comparison, metrics }: ComparisonReport): string {
  const { matches, onlyFirst, onlySecond, seeds } = comparison;
  const document = {
    v: 1,
    a: comparison.first.study.name,
    b: comparison.second.study.name,
    seeds,
    only_a: onlyFirst,
    only_b: onlySecond,
    metrics: comparison.metrics.map(({ metric, cells, comparisons, support }, at) => ({
      name: metric.name,
      better: metric.direction,
      findings: metrics[at]?.findings ?? [],
      seeds_support: support,
      cells: matches.map(({ first, isSameWork }, n) => ({
        name: first.cell.name,
        same_work: isSameWork,
        a: cells[n]?.first,
        b: cells[n]?.second,
        difference: comparisons[n],
      })),
    })),
  };
  return `${JSON.stringify(document, (_, value: unknown) => value ?? null, 2)}\n`;
}
