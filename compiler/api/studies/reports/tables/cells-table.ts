import { meanOf } from "../../statistics/summary.ts";
import type { StudyResults } from "../../study-results.ts";
import { currentCells, type MetricAnalysis } from "../analysis.ts";
import type { Column } from "../columns.ts";
import { formatMean, formatNumber, none } from "../format-number.ts";
import { nameCells, nameColumns, namingPaths } from "./name-columns.ts";
import { numberCell, type ReportTable, type TableCell, type TableColumn } from "./report-table.ts";

/** Cells by what they cost and what they reach, as the experiment asks for it; no time is in it. */
export function cellsTable(
  results: StudyResults,
  columns: readonly Column[],
  analyses: readonly MetricAnalysis[],
): ReportTable {
  const shown = columns.filter(({ kind }) => kind !== "time");
  const paths = namingPaths(results.study);
  const isRanked = (name: string): boolean => (analysisOf(name)?.ranking.ranks.size ?? 0) > 0;
  const analysisOf = (name: string) => analyses.find(({ metric }) => metric.name === name);
  return {
    id: "cells",
    title: "Cells",
    columns: [
      ...nameColumns(paths),
      ...shown.flatMap((column): TableColumn[] => [
        { title: titleOf(column), align: "right" },
        ...(isRanked(column.name) ? [{ title: `rank`, align: "right" } as const] : []),
      ]),
    ],
    rows: currentCells(results).map((one, at) => [
      ...nameCells(paths, one.cell),
      ...shown.flatMap((column): TableCell[] => {
        if (column.kind === "cost") {
          const value = column.of(one.cell);
          return [numberCell(formatNumber(value, column.form), value)];
        }
        const analysis = analysisOf(column.name);
        return [
          metricCell(analysis, at, results.study.seeds.length),
          ...(analysis !== undefined && isRanked(column.name)
            ? [rankCell(analysis.ranking.ranks.get(one.cell.name))]
            : []),
        ];
      }),
    ]),
    notes: notesOf(results, shown),
  };
}

/** What a run took, as means over the runs that were done; the one table that is another each time. */
export function timesTable(results: StudyResults, columns: readonly Column[]): ReportTable {
  const shown = columns.filter((column) => column.kind === "time");
  const paths = namingPaths(results.study);
  return {
    id: "times",
    title: "Times",
    columns: [
      ...nameColumns(paths),
      ...shown.map(({ name, unit }) => ({ title: `${name} (${unit})`, align: "right" }) as const),
    ],
    rows: currentCells(results).map(({ cell, runs }) => [
      ...nameCells(paths, cell),
      ...shown.map(({ of }) => {
        const found = runs.map(of).filter((value) => value !== undefined);
        const mean = found.length === 0 ? undefined : meanOf(found);
        return numberCell(formatNumber(mean, "plain"), mean);
      }),
    ]),
    notes: [`Means over the runs of a cell${results.device ? `, on ${results.device}` : ""}.`],
  };
}

function metricCell(analysis: MetricAnalysis | undefined, at: number, seeds: number): TableCell {
  const cell = analysis?.cells[at];
  if (cell === undefined) return numberCell(none, undefined);
  const { summary, undefinedRuns } = cell;
  const count = summary.n === seeds ? "" : ` (n = ${summary.n})`;
  const lost = undefinedRuns === 0 ? "" : `, ${undefinedRuns} undefined`;
  return numberCell(`${formatMean(summary)}${count}${lost}`, summary.mean);
}

function rankCell(rank: number | undefined): TableCell {
  return numberCell(rank === undefined ? none : String(rank), rank);
}

function titleOf(column: Column): string {
  if (column.kind !== "metric") return column.name;
  return `${column.name} ${column.direction === "higher" ? "\u2191" : "\u2193"}`;
}

function notesOf({ study }: StudyResults, shown: readonly Column[]): readonly string[] {
  const units = shown.flatMap((column) =>
    column.kind === "cost" && !column.unit.startsWith(column.name)
      ? [`${column.name}: ${column.unit}`]
      : [],
  );
  if (!shown.some(({ kind }) => kind === "metric"))
    return units.length === 0 ? [] : [`${units.join("; ")}.`];
  const n = study.seeds.length;
  const spread =
    n === 1
      ? "One seed: no interval."
      : `Mean \u00b1 half of the 95 % interval (Student's t) over n = ${n} seeds where no other n is given. Seeds vary initial weights and order, not the items of the test.`;
  return [
    spread,
    "\u2191 higher is better, \u2193 lower is better.",
    ...units.map((one) => `${one}.`),
  ];
}
