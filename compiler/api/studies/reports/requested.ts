import type { ReportRequest, Study } from "../study.ts";
import type { StudyResults } from "../study-results.ts";
import { type Column, columnOf, type MetricColumn } from "./columns.ts";
import { factorsOf } from "./factors.ts";

type PlotRequest = Extract<ReportRequest, { kind: "plot" }>;

/** What a report shows: what the experiment asks for, or the usual where it asks for nothing. */
export interface Requested {
  /** Of all tables, each once, without times. */
  readonly columns: readonly Column[];
  /** All that cells are compared by: of tables and plots. */
  readonly metrics: readonly MetricColumn[];
  readonly plots: readonly PlotRequest[];
}

export function requestedOf(results: StudyResults): Requested {
  const { study } = results;
  const tables = study.reports.flatMap((one) => (one.kind === "table" ? one.columns : []));
  const plots = study.reports.filter((one) => one.kind === "plot");
  const names = tables.length > 0 ? tables : ["params", "macs", ...measured(study)];
  const columns = unique(names).map((name) => columnOf(name, results));
  const plotted = plots.map(({ column }) => columnOf(column, results));
  const metrics = [...columns, ...plotted].filter((column) => column.kind === "metric");
  const own = metrics.filter(({ name }, at) => metrics.findIndex((m) => m.name === name) === at);
  return {
    columns: columns.filter(({ kind }) => kind !== "dimension"),
    metrics: own,
    plots: plots.length > 0 ? plots : usualPlots(results, own),
  };
}

/** Each metric over the compute of a sample, or over the parameters where all cells compute the same. */
function usualPlots(
  { study }: StudyResults,
  metrics: readonly MetricColumn[],
): readonly PlotRequest[] {
  const isVaried = (of: (at: number) => number | undefined): boolean =>
    new Set(study.cells.map((_, at) => of(at))).size > 1;
  const over = ["macs", "params", "flops_per_step"].find((name) => {
    const key = { macs: "macs", params: "parameters", flops_per_step: "flopsPerStep" } as const;
    const own = key[name as keyof typeof key];
    return isVaried((at) => study.cells[at]?.cost[own]);
  });
  if (over === undefined) return [];
  const by = factorsOf(study).at(-1);
  return metrics.map(({ name }) => ({ kind: "plot", column: name, over, by }));
}

function measured({ measures }: Study): readonly string[] {
  const fields = measures.flatMap(({ name, fields }) => fields.map((field) => `${name}.${field}`));
  return ["loss", ...fields.filter((name) => name !== "loss.loss")];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
