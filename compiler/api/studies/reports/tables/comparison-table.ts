import type { Interval } from "../../statistics/summary.ts";
import type { MetricAnalysis } from "../analysis.ts";
import { formatMean, formatNumber, formatP, none } from "../format-number.ts";
import { numberCell, type ReportTable, textCell } from "./report-table.ts";

/** Differences to the baseline by equal seeds; undefined where the experiment names none. */
export function comparisonTable({ metric, comparisons }: MetricAnalysis): ReportTable | undefined {
  if (comparisons.length === 0) return undefined;
  const hasBootstrap = comparisons.some(({ bootstrap }) => bootstrap !== undefined);
  const bootstrapColumn = { title: "bootstrap 95 %", align: "right" } as const;
  return {
    id: `differences-${metric.name}`,
    title: `Differences in ${metric.name}`,
    columns: [
      { title: "cell", align: "left" },
      { title: "baseline", align: "left" },
      { title: "pairs", align: "right" },
      { title: "difference", align: "right" },
      ...(hasBootstrap ? [bootstrapColumn] : []),
      { title: "p", align: "right" },
      { title: "p, Holm", align: "right" },
      { title: "the data say", align: "left" },
    ],
    rows: comparisons.map(({ cell, against, summary, bootstrap, p, corrected, verdict }) => [
      textCell(cell),
      textCell(against),
      numberCell(String(summary.n), summary.n),
      numberCell(signed(formatMean(summary), summary.mean), summary.mean),
      ...(hasBootstrap ? [numberCell(intervalText(bootstrap), bootstrap?.low)] : []),
      numberCell(formatP(p), p),
      numberCell(formatP(corrected), corrected),
      textCell(verdict),
    ]),
    notes: [
      `Cell minus baseline, paired by seed; ${metric.direction} is better. \u00b1 is half of the 95 % interval (Student's t).`,
      `p by the sign-flip test of the mean difference, two-sided, corrected over the ${comparisons.length} comparisons of the metric (Holm); told apart at 0.05.`,
      ...(hasBootstrap ? ["Bootstrap: percentiles of 10,000 draws of the pairs."] : []),
    ],
  };
}

function signed(text: string, mean: number | undefined): string {
  return mean !== undefined && mean > 0 ? `+${text}` : text;
}

function intervalText(interval: Interval | undefined): string {
  if (interval === undefined) return none;
  return `${formatNumber(interval.low, "plain")} to ${formatNumber(interval.high, "plain")}`;
}
