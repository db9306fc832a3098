import { leastSignFlipP } from "../statistics/sign-flip.ts";
import type { MetricAnalysis } from "./analysis.ts";
import { formatP } from "./format-number.ts";

/** What the data support by a metric and what they do not, in sentences. */
export function findingsOf(analysis: MetricAnalysis, seeds: number): readonly string[] {
  const { cells } = analysis;
  const counted = cells.filter(({ summary }) => summary.n > 0);
  if (counted.length === 0) return ["No run has given a number yet."];
  return [
    ...rankingFindings(analysis, seeds),
    ...baselineFindings(analysis, seeds),
    ...seedFindings(Math.max(...counted.map(({ summary }) => summary.n))),
    ...undefinedFindings(analysis),
  ];
}

function rankingFindings({ cells, ranking }: MetricAnalysis, planned: number): readonly string[] {
  const { support, ranks, toldApart } = ranking;
  if (support === undefined) {
    const isAlone = cells.length === 1;
    return [isAlone ? "One cell alone has no rank." : "Fewer than two cells can be compared."];
  }
  const { seeds, pairs, leastP, needed } = support;
  const of = `${plural(pairs, "pair")} of cells`;
  if (!support.isEnough) {
    const would =
      needed === undefined ? `no number of seeds would, for ${of}` : `${needed} would, for ${of}`;
    const sofar = seeds < planned ? ` so far (${planned} are planned)` : "";
    return [
      `${these(seeds)} ${seeds === 1 ? "supports" : "support"} no ranking after correction${sofar}; ${would}. The least p that ${plural(seeds, "seed")} can give is ${formatP(leastP)}, which Holm's correction over ${of} makes ${formatP(Math.min(1, leastP * pairs))}.`,
    ];
  }
  if (ranks.size === 0)
    return [`No ranking: of ${of}, none is told apart after Holm's correction.`];
  return [
    `Ranks tell what is supported: of ${of}, ${toldApart} ${toldApart === 1 ? "is" : "are"} told apart after Holm's correction at 0.05. A rank is one more than the number of cells that are better; cells of one rank may still differ.`,
  ];
}

function baselineFindings(
  { comparisons, support }: MetricAnalysis,
  seeds: number,
): readonly string[] {
  if (comparisons.length === 0 || support === undefined) return [];
  const names = [...new Set(comparisons.map(({ against }) => against))];
  const baseline = names.length === 1 ? `the baseline \`${names[0]}\`` : "their baselines";
  const of = `${plural(comparisons.length, "comparison")} with ${baseline}`;
  if (!support.isEnough) {
    const { needed } = support;
    const would = needed === undefined ? "no number of seeds would" : `${needed} seeds would`;
    return [
      `Nor can ${plural(seeds, "seed")} tell any difference in ${of}: ${would}. Intervals of differences are there as a description.`,
    ];
  }
  const told = (verdict: string): number =>
    comparisons.filter((one) => one.verdict === verdict).length;
  return [
    `Of ${of}, ${told("better")} ${isAre(told("better"))} better, ${told("worse")} worse and ${told("not told apart")} not told apart after Holm's correction${told("untested") > 0 ? `; ${told("untested")} could not be tested` : ""}.`,
  ];
}

function seedFindings(n: number): readonly string[] {
  if (n === 1)
    return ["With one seed there is no interval: nothing says how far another would be."];
  if (n === 2) return ["Intervals of two seeds say little: t is 12.7."];
  return leastSignFlipP(n) > 0.05
    ? [`With ${n} seeds the sign-flip test cannot reach 0.05 even for one comparison.`]
    : [];
}

function undefinedFindings({ cells }: MetricAnalysis): readonly string[] {
  return cells.flatMap(({ results, undefinedRuns, values }) =>
    undefinedRuns === 0
      ? []
      : [
          `\`${results.cell.name}\`: ${undefinedRuns} of ${plural(values.bySeed.size, "finished run")} gave no number; the cell is not compared, since what is left would flatter it.`,
        ],
  );
}

export function plural(n: number, word: string): string {
  return `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;
}

function these(seeds: number): string {
  return seeds === 1 ? "One seed" : `These ${seeds} seeds`;
}

function isAre(n: number): string {
  return n === 1 ? "is" : "are";
}
