import type { StudyResults } from "../../study-results.ts";
import { currentCells } from "../analysis.ts";
import { type ReportTable, textCell } from "./report-table.ts";

/** Runs that are not in the numbers, and why: failed, stopped, still to come. Undefined where all are. */
export function missingTable(results: StudyResults): ReportTable | undefined {
  const rows = currentCells(results).flatMap(({ cell, runs }) => {
    const open = runs.filter(({ state }) => state !== "done");
    return [...new Set(open.map(({ state, reason }) => JSON.stringify([state, reason ?? ""])))].map(
      (key) => {
        const [state, reason] = JSON.parse(key) as [string, string];
        const own = open.filter((run) => run.state === state && (run.reason ?? "") === reason);
        return [
          textCell(cell.name),
          textCell(own.map(({ seed }) => seed).join(", ")),
          textCell(state),
          textCell(reason),
        ];
      },
    );
  });
  if (rows.length === 0) return undefined;
  return {
    id: "missing",
    title: "Runs without a final number",
    columns: ["cell", "seeds", "state", "reason"].map((title) => ({ title, align: "left" })),
    rows,
    notes: ["None of them is in a mean, a comparison or a ranking."],
  };
}

/** Combinations that `where` leaves out, and cells that the text no longer has. */
export function leftOutTable({ study, cells }: StudyResults): ReportTable | undefined {
  const vanished = cells.filter(({ isCurrent }) => !isCurrent);
  const rows = [
    ...study.leftOut.map(({ name, by }) => [name, `by \`where\`, ${by}`]),
    ...vanished.map(({ cell }) => [
      cell.name,
      "no longer in the text; its runs stay in the folder",
    ]),
  ];
  if (rows.length === 0) return undefined;
  return {
    id: "left-out",
    title: "Cells that are left out",
    columns: ["cell", "why"].map((title) => ({ title, align: "left" })),
    rows: rows.map((row) => row.map(textCell)),
    notes: [],
  };
}
