import type { MetricAnalysis } from "../analysis.ts";
import { currentCells } from "../analysis.ts";
import { times } from "../columns.ts";
import type { StudyReport } from "../study-report.ts";

export type CsvValue = string | number | undefined;

/** A line for each cell, with all digits: what it costs and what it reaches, with its statistics. No time is in it. */
export function cellsCsv(report: StudyReport): string {
  const { results, analyses } = report;
  const { dimensions } = results.study;
  const titles = [
    ...[
      "cell",
      ...dimensions,
      "parameters",
      "trainable",
      "macs",
      "macs_per_step",
      "flops_per_step",
    ],
    ...["peak_bytes", "steps", "runs_done"],
    ...analyses.flatMap(({ metric: { name } }) => statistics.map((one) => `${name}:${one}`)),
  ];
  const rows = currentCells(results).map(({ cell, runs }, at): CsvValue[] => {
    const { parameters, trainable, macs, macsPerStep, flopsPerStep, peakBytes } = cell.cost;
    return [
      cell.name,
      ...dimensions.map((path) => cell.values[path]),
      ...[parameters, trainable, macs, macsPerStep, flopsPerStep, peakBytes, cell.steps],
      runs.filter(({ state }) => state === "done").length,
      ...analyses.flatMap((one) => statisticsOf(one, at)),
    ];
  });
  return csvText([titles, ...rows]);
}

/** A line for each run: its state and the numbers of its measures, for statistics of others. No time is in it. */
export function runsCsv({ results, analyses }: StudyReport): string {
  const names = analyses.map(({ metric }) => metric.name);
  const rows = currentCells(results).flatMap(({ cell, runs }) =>
    runs.map(({ seed, state, reason, measures }): CsvValue[] => [
      cell.name,
      seed,
      state,
      reason,
      ...names.map((name) => (measures[name] === null ? "NaN" : measures[name])),
    ]),
  );
  return csvText([["cell", "seed", "state", "reason", ...names], ...rows]);
}

/** A line for each run: what it took. */
export function timesCsv({ results }: StudyReport): string {
  const rows = currentCells(results).flatMap(({ cell, runs }) =>
    runs.map((run): CsvValue[] => [
      cell.name,
      run.seed,
      ...times.map(({ of }) => of(run)),
      run.peakBytes,
    ]),
  );
  return csvText([["cell", "seed", ...times.map(({ name }) => name), "held_bytes"], ...rows]);
}

const statistics = [
  ...[
    "n",
    "undefined",
    "mean",
    "deviation",
    "low",
    "high",
    "rank",
    "baseline",
    "pairs",
    "difference",
  ],
  ...["difference_low", "difference_high", "p", "p_holm", "verdict"],
];

function statisticsOf(
  { cells, comparisons, ranking }: MetricAnalysis,
  at: number,
): readonly CsvValue[] {
  const one = cells[at];
  if (one === undefined) return statistics.map(() => undefined);
  const { summary, undefinedRuns, values } = one;
  const own = comparisons.find(({ cell }) => cell === values.name);
  return [
    summary.n,
    undefinedRuns,
    ...[summary.mean, summary.deviation, summary.interval?.low, summary.interval?.high],
    ranking.ranks.get(values.name),
    own?.against,
    own?.summary.n,
    ...[own?.summary.mean, own?.summary.interval?.low, own?.summary.interval?.high],
    ...[own?.p, own?.corrected, own?.verdict],
  ];
}

/** As RFC 4180 has it: quotes where a text needs them. */
export function csvText(rows: readonly (readonly CsvValue[])[]): string {
  const cellText = (value: CsvValue): string => {
    const text = value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cellText).join(",")}\n`).join("");
}
