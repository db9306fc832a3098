import type { StudyReport } from "../study-report.ts";

/** A report for programs, with all digits. No time is in it; the curves of runs stay in their folders. */
export function jsonReport({ results, analyses, metrics, notes, gaps }: StudyReport): string {
  const { study, cells } = results;
  const document = {
    v: 1,
    experiment: study.name,
    seeds: study.seeds,
    run: study.run,
    dimensions: study.dimensions,
    notes,
    cells: cells.map(({ cell, isCurrent, runs }) => ({
      name: cell.name,
      identity: cell.identity,
      current: isCurrent,
      values: cell.values,
      baseline: cell.baseline ?? null,
      steps: cell.steps ?? null,
      cost: cell.cost,
      runs: runs.map(({ seed, state, reason, measures, pictures }) => ({
        seed,
        state,
        reason: reason ?? null,
        measures,
        pictures,
      })),
    })),
    metrics: analyses.map(({ metric, cells: analysed, comparisons, support, ranking }, at) => ({
      name: metric.name,
      better: metric.direction,
      findings: metrics[at]?.findings ?? [],
      cells: analysed.map(({ values, summary, undefinedRuns }) => ({
        name: values.name,
        ...summary,
        undefined_runs: undefinedRuns,
        rank: ranking.ranks.get(values.name),
      })),
      comparisons,
      seeds_support: support,
      ranking: { ...ranking.support, told_apart: ranking.toldApart },
    })),
    left_out: study.leftOut,
    gaps: gaps.map(({ title, columns, rows }) => ({
      title,
      columns: columns.map((one) => one.title),
      rows: rows.map((row) => row.map(({ text }) => text)),
    })),
  };
  // What there is none of is null, in every place alike.
  return `${JSON.stringify(document, (_, value: unknown) => value ?? null, 2)}\n`;
}
