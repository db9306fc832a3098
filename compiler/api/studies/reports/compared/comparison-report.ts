import type { Verdict } from "../../statistics/compare-cells.ts";
import { differencesFigure } from "../figures/differences-figure.ts";
import { plural } from "../findings.ts";
import { formatMean, formatP } from "../format-number.ts";
import type { ReportBody } from "../report-body.ts";
import { numberCell, type ReportTable, textCell } from "../tables/report-table.ts";
import type { ComparedMetric, StudyComparison } from "./study-comparison.ts";

/** Two studies beside each other. No time is in it. */
export interface ComparisonReport extends ReportBody {
  readonly comparison: StudyComparison;
}

/** @param labels What the two studies are called: their names, or their folders where those are equal. */
export function comparisonReport(
  comparison: StudyComparison,
  labels: readonly [string, string],
): ComparisonReport {
  const { first, second, matches, seeds } = comparison;
  const same = matches.filter(({ isSameWork }) => isSameWork).length;
  return {
    title: labels.join(" and "),
    notes: [],
    cells: undefined,
    curves: [],
    examples: undefined,
    times: undefined,
    summary: [
      [
        "A",
        `${labels[0]}: ${plural(first.study.cells.length, "cell")}, seeds ${first.study.seeds.join(", ")}`,
      ],
      [
        "B",
        `${labels[1]}: ${plural(second.study.cells.length, "cell")}, seeds ${second.study.seeds.join(", ")}`,
      ],
      ["cells of both", `${matches.length}, of which ${same} resolve to the same work`],
      ["seeds of both", seeds.length === 0 ? "none: nothing can be paired" : seeds.join(", ")],
    ],
    metrics: comparison.metrics.map((one) => ({
      name: one.metric.name,
      findings: findingsOf(one, seeds.length),
      table: tableOf(comparison, one),
      figures: [
        differencesFigure(one.metric, one.comparisons, {
          id: `${one.metric.name}-b-minus-a`,
          against: `A, of ${labels[1]} (B) minus ${labels[0]} (A)`,
        }),
      ].filter((figure) => figure !== undefined),
    })),
    gaps: gapsOf(comparison, labels),
    comparison,
  };
}

function findingsOf({ comparisons, support }: ComparedMetric, seeds: number): readonly string[] {
  if (comparisons.length === 0) return ["The studies have no cell in common."];
  if (seeds === 0)
    return ["The studies have no seed in common, so that no difference can be paired or tested."];
  const of = plural(comparisons.length, "cell");
  if (!support.isEnough) {
    const { needed } = support;
    const would = needed === undefined ? "no number of seeds would" : `${needed} would`;
    return [
      `${plural(seeds, "common seed")} cannot tell the studies apart in any of ${of} after Holm's correction; ${would}. The least p is ${formatP(support.leastP)}.`,
    ];
  }
  const told = (verdict: Verdict): number =>
    comparisons.filter((one) => one.verdict === verdict).length;
  return [
    `Of ${of}, B is better in ${told("better")}, worse in ${told("worse")}, and not told apart in ${told("not told apart")} after Holm's correction at 0.05${told("untested") > 0 ? `; ${told("untested")} could not be tested` : ""}.`,
  ];
}

function tableOf({ matches }: StudyComparison, compared: ComparedMetric): ReportTable {
  const { metric, cells, comparisons } = compared;
  const right = (title: string) => ({ title, align: "right" }) as const;
  return {
    id: `compared-${metric.name}`,
    title: `${metric.name} of both`,
    columns: [
      { title: "cell", align: "left" },
      { title: "work", align: "left" },
      ...["A", "B", "pairs", "B \u2212 A", "p", "p, Holm"].map(right),
      { title: "the data say of B", align: "left" },
    ],
    rows: matches.map(({ first, isSameWork }, at) => {
      const [own, one] = [cells[at], comparisons[at]];
      const mean = one?.summary.mean;
      const sign = mean !== undefined && mean > 0 ? "+" : "";
      return [
        textCell(first.cell.name),
        textCell(isSameWork ? "the same" : "another"),
        numberCell(own === undefined ? "" : formatMean(own.first), own?.first.mean),
        numberCell(own === undefined ? "" : formatMean(own.second), own?.second.mean),
        numberCell(String(one?.summary.n ?? 0), one?.summary.n),
        numberCell(one === undefined ? "" : `${sign}${formatMean(one.summary)}`, mean),
        numberCell(formatP(one?.p), one?.p),
        numberCell(formatP(one?.corrected), one?.corrected),
        textCell(one?.verdict ?? "untested"),
      ];
    }),
    notes: [
      `Means \u00b1 half of the 95 % interval (Student's t); B \u2212 A paired by seed; ${metric.direction} is better.`,
      `p by the sign-flip test, corrected over the ${comparisons.length} cells of both (Holm).`,
    ],
  };
}

function gapsOf(
  { onlyFirst, onlySecond }: StudyComparison,
  labels: readonly [string, string],
): readonly ReportTable[] {
  const rows = [
    ...onlyFirst.map((name) => [name, `A, ${labels[0]}`]),
    ...onlySecond.map((name) => [name, `B, ${labels[1]}`]),
  ];
  if (rows.length === 0) return [];
  return [
    {
      id: "unmatched",
      title: "Cells of one study alone",
      columns: ["cell", "study"].map((title) => ({ title, align: "left" })),
      rows: rows.map((row) => row.map(textCell)),
      notes: ["Cells are compared by their names."],
    },
  ];
}
