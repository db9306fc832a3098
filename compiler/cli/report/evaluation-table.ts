import { fewestUnits } from "../../../runtime/evaluate/bootstrap.ts";
import type { EvaluationDocument } from "../../../runtime/evaluate/written/evaluation-document.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";

/** The numbers of several tasks as one table for people, with what has to be said about them. */
export function evaluationTable(documents: readonly EvaluationDocument[], style: Style): string {
  const rows = documents.flatMap((document) =>
    rowsOf(document).map(({ name, value, interval }, index) => [
      index === 0 ? document.task : "",
      name,
      value,
      interval,
    ]),
  );
  const columns = [
    { title: "task" },
    { title: "number" },
    { title: "value", align: "right" } as const,
    { title: intervalTitle(documents) },
  ];
  return (
    formatTable(columns, rows, style) +
    notesOf(documents)
      .map((note) => `${note}\n`)
      .join("")
  );
}

/** The same as a page in Markdown. */
export function evaluationPage(documents: readonly EvaluationDocument[]): string {
  const rows = documents.flatMap((document) =>
    rowsOf(document).map(
      ({ name, value, interval }) => `| ${document.task} | ${name} | ${value} | ${interval} |`,
    ),
  );
  const notes = notesOf(documents).map((note) => `\n${note}\n`);
  return [
    `| task | number | value | ${intervalTitle(documents)} |`,
    "| --- | --- | ---: | --- |",
    ...rows,
    ...notes,
    "",
  ].join("\n");
}

/** Of what the intervals are. */
function intervalTitle(documents: readonly EvaluationDocument[]): string {
  const areRanges = documents.every(({ isRange }) => isRange === true);
  return areRanges ? "over runs" : "95 % over items, one model";
}

function rowsOf({ numbers, intervals, columns, isRange }: EvaluationDocument) {
  return columns.map(({ name, factor }) => {
    const shown = (value: number | null | undefined): string =>
      value === null || value === undefined ? "-" : (value * factor).toFixed(1);
    const interval = intervals[name];
    return {
      name,
      value: shown(numbers[name]),
      interval:
        interval === undefined
          ? ""
          : `${isRange === true ? "range " : ""}${shown(interval.low)} to ${shown(interval.high)}`,
    };
  });
}

function notesOf(documents: readonly EvaluationDocument[]): readonly string[] {
  return documents.flatMap(({ task, unit, units, items, missing, partial, bootstrap, details }) => [
    `${task}: ${items} items, ${units} units (${unit})${partial ? "; partial: not all of the set" : ""}`,
    ...(missing > 0 ? [`${task}: ${missing} items without a prediction count as wrong`] : []),
    ...(bootstrap.draws > 0 && !bootstrap.reliable
      ? [`${task}: below ${fewestUnits} units the interval is not reliable`]
      : []),
    ...(typeof details.note === "string" ? [`${task}: ${details.note}`] : []),
    ...(typeof details.left_out === "string" ? [`${task}: ${details.left_out}`] : []),
  ]);
}
