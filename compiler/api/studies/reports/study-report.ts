import type { StudyResults } from "../study-results.ts";
import { analyse, currentCells, type MetricAnalysis } from "./analysis.ts";
import { times } from "./columns.ts";
import { examplesOf } from "./examples.ts";
import { costFigure } from "./figures/cost-figure.ts";
import { differencesFigure } from "./figures/differences-figure.ts";
import { heatMap } from "./figures/heat-map.ts";
import { learningCurves } from "./figures/learning-curves.ts";
import { parallelCoordinates } from "./figures/parallel-coordinates.ts";
import { findingsOf, plural } from "./findings.ts";
import type { MetricSection, ReportBody } from "./report-body.ts";
import { type Requested, requestedOf } from "./requested.ts";
import { cellsTable, timesTable } from "./tables/cells-table.ts";
import { comparisonTable } from "./tables/comparison-table.ts";
import { leftOutTable, missingTable } from "./tables/gaps-tables.ts";
import type { ReportTable } from "./tables/report-table.ts";

export interface StudyReport extends ReportBody {
  readonly cells: ReportTable;
  readonly times: ReportTable;
  readonly results: StudyResults;
  readonly analyses: readonly MetricAnalysis[];
}

/** Makes a report of what the runs of a study have given so far. */
export function studyReport(results: StudyResults): StudyReport {
  const { study } = results;
  const requested = requestedOf(results);
  const analyses = requested.metrics.map((metric) => analyse(results, metric));
  const cells = analyses[0]?.cells ?? [];
  return {
    title: study.name,
    summary: summaryOf(results),
    cells: cellsTable(results, requested.columns, analyses),
    metrics: analyses.map((one) => sectionOf(results, one, requested)),
    curves: loggedValues(results).flatMap((value) => learningCurves(results, cells, value)),
    gaps: [missingTable(results), leftOutTable(results)].filter((table) => table !== undefined),
    notes: study.notes,
    times: timesTable(results, times),
    examples: examplesOf(results),
    results,
    analyses,
  };
}

function sectionOf(
  results: StudyResults,
  analysis: MetricAnalysis,
  { plots }: Requested,
): MetricSection {
  const { metric, comparisons } = analysis;
  const own = plots.filter(({ column }) => column === metric.name);
  const names = [...new Set(comparisons.map(({ against }) => against))];
  const against = names.length === 1 ? (names[0] ?? "") : "the baselines";
  const figures = [
    ...own.map((plot) => costFigure(results, analysis, plot)),
    heatMap(results, analysis),
    parallelCoordinates(results, analysis),
    differencesFigure(metric, comparisons, { id: `${metric.name}-differences`, against }),
  ];
  return {
    name: metric.name,
    findings: findingsOf(analysis, results.study.seeds.length),
    table: comparisonTable(analysis),
    figures: figures.filter((figure) => figure !== undefined),
  };
}

/** The loss first, then what the stage watches. */
function loggedValues(results: StudyResults): readonly string[] {
  const names = new Set(
    currentCells(results).flatMap(({ runs }) =>
      runs.flatMap(({ history }) => Object.keys(history.at(-1)?.values ?? {})),
    ),
  );
  return [...names].toSorted((a, b) => Number(b === "loss") - Number(a === "loss"));
}

function summaryOf(results: StudyResults): StudyReport["summary"] {
  const { study, device } = results;
  const runs = currentCells(results).flatMap((one) => one.runs);
  const states = ["done", "running", "waiting", "failed", "stopped"] as const;
  const counted = states
    .map((state) => ({ state, n: runs.filter((run) => run.state === state).length }))
    .filter(({ n }) => n > 0);
  const { halving } = study;
  return [
    ["cells", study.cells.length.toLocaleString("en-US")],
    ["seeds", `${study.seeds.length} (${study.seeds.join(", ")})`],
    ["each run", lengthText(study.run)],
    ["runs", counted.map(({ state, n }) => `${n} ${state}`).join(", ")],
    ...(halving === undefined
      ? []
      : [
          [
            "early ends",
            `halving by ${halving.by} from ${plural(halving.from, "step")} on, by ${halving.on}`,
          ] as const,
        ]),
    ["device", device],
  ];
}

function lengthText(run: StudyResults["study"]["run"]): string {
  switch (run.kind) {
    case "stage":
      return "as long as its stage says";
    case "steps":
      return `${plural(run.amount, "step")}: equal steps`;
    case "minutes":
      return `${plural(run.amount, "minute")} on the device: equal time`;
    case "flops":
      return `${run.amount.toExponential()} FLOPs: equal compute`;
  }
}
