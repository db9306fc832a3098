import type { Cell, Study } from "../../../api/studies/study.ts";
import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";

/** What a study is going to do, for people: its cells, what they cost, what is left out, what its seeds can show. */
export function studyPlanText(study: Study, style: Style): string {
  const { cells, seeds, leftOut, notes, name } = study;
  const shownSeeds = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  const title = `${style.colors.bold(name)}: ${counted(cells.length, "cell")} x ${shownSeeds}, ${lengthText(study)}`;
  const columns = [
    { title: "cell" },
    { title: "hash" },
    { title: "params", align: "right" as const },
    { title: "trained", align: "right" as const },
    { title: "MACs", align: "right" as const },
    { title: "FLOPs/step", align: "right" as const },
    { title: "bytes", align: "right" as const },
    { title: "steps", align: "right" as const },
    { title: "compared with" },
  ];
  const isCompared = cells.some(({ baseline }) => baseline !== undefined);
  const shown = isCompared ? columns : columns.slice(0, -1);
  const rows = cells.map((cell) => cellRow(cell).slice(0, shown.length));
  return [
    title,
    "",
    formatTable(shown, rows, style).trimEnd(),
    ...leftOut.map(({ name: out, by }) => `left out by ${by}: ${out}`),
    ...halvingLines(study),
    ...notes,
    "",
  ].join("\n");
}

function cellRow({ name, identity, cost, steps, baseline }: Cell): readonly string[] {
  const { parameters, trainable, macs, flopsPerStep, peakBytes, isPlanned } = cost;
  return [
    name,
    identity.slice(0, 8),
    parameters.toLocaleString("en-US"),
    trainable.toLocaleString("en-US"),
    formatCount(macs),
    formatCount(flopsPerStep),
    `${isPlanned === false ? ">= " : ""}${formatBytes(peakBytes)}`,
    steps === undefined ? "" : steps.toLocaleString("en-US"),
    baseline ?? "",
  ];
}

function lengthText({ run, cells }: Study): string {
  const [first] = cells;
  const stage = first === undefined ? "" : `${first.stage}${first.phase ? `.${first.phase}` : ""}`;
  return run.kind === "stage" ? stage : `${stage} for ${formatAmount(run.amount)} ${run.kind}`;
}

function formatAmount(amount: number): string {
  return amount >= 1e7 ? amount.toExponential().replace("e+", "e") : amount.toLocaleString("en-US");
}

function halvingLines({ halving }: Study): readonly string[] {
  if (halving === undefined) return [];
  const { by, from, on } = halving;
  const rungs = [from, from * by, from * by * by].join(", ");
  return [`at steps ${rungs} and so on the best of ${by} go on, by ${on}; the others end there`];
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
