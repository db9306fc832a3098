import type { StudyResults } from "../study-results.ts";
import { currentCells } from "./analysis.ts";
import { mostSeries } from "./figures/theme.ts";
import { plural } from "./findings.ts";

/** Pictures that measures wrote, the same of several cells beside one another. */
export interface Examples {
  readonly rows: readonly ExampleRow[];
  readonly caption: string;
}

interface ExampleRow {
  /** What they are pictures of: the end of their paths. */
  readonly name: string;
  readonly entries: readonly ExampleEntry[];
}

interface ExampleEntry {
  readonly cell: string;
  readonly seed: number;
  /** Below the folder of the study. */
  readonly path: string;
}

/** More are in the folders of the runs. */
const mostRows = 6;

/** Of the first finished run of each cell that has pictures; undefined where none has. */
export function examplesOf(results: StudyResults): Examples | undefined {
  const shown = currentCells(results).flatMap(({ cell, runs }) => {
    const run = runs.find(({ state, pictures }) => state === "done" && pictures.length > 0);
    return run === undefined ? [] : [{ cell: cell.name, seed: run.seed, pictures: run.pictures }];
  });
  const cells = shown.slice(0, mostSeries);
  const names = [...new Set(cells.flatMap(({ pictures }) => pictures.map(tailOf)))];
  const rows = names.slice(0, mostRows).map((name) => ({
    name,
    entries: cells.flatMap(({ cell, seed, pictures }): ExampleEntry[] => {
      const path = pictures.find((one) => tailOf(one) === name);
      return path === undefined ? [] : [{ cell, seed, path }];
    }),
  }));
  if (rows.length === 0) return undefined;
  const lost = [
    ...(shown.length > cells.length
      ? [`the first ${cells.length} of ${plural(shown.length, "cell")}`]
      : []),
    ...(names.length > rows.length
      ? [`the first ${rows.length} of ${plural(names.length, "picture")}`]
      : []),
  ];
  return {
    rows,
    caption: `What measures drew, of the first finished run of each cell${lost.length > 0 ? `: ${lost.join(", ")}` : ""}.`,
  };
}

/** The measure and its picture: folders of cells and seeds are in front of them. */
function tailOf(path: string): string {
  return path.split(/[\\/]/).slice(-2).join("/");
}
