import type { Cell, Study } from "../../study.ts";
import { factorsOf } from "../factors.ts";
import { none } from "../format-number.ts";
import { shortPaths } from "../short-paths.ts";
import { type TableCell, type TableColumn, textCell } from "./report-table.ts";

/** What tells cells apart, and what else of the dimensions a table of the experiment asks for. */
export function namingPaths(study: Study): readonly string[] {
  const factors = factorsOf(study);
  const asked = study.reports.flatMap((one) => (one.kind === "table" ? one.columns : []));
  return study.dimensions.filter((path) => factors.includes(path) || asked.includes(path));
}

/** What a cell is called in tables: a column for each path, or its name where there is none. */
export function nameColumns(paths: readonly string[]): readonly TableColumn[] {
  if (paths.length === 0) return [{ title: "cell", align: "left" }];
  const short = shortPaths(paths);
  return paths.map((path) => ({ title: short.get(path) ?? path, align: "left" }));
}

export function nameCells(paths: readonly string[], { name, values }: Cell): readonly TableCell[] {
  if (paths.length === 0) return [textCell(name)];
  return paths.map((path) => valueCell(values[path]));
}

/** Numbers are sorted as such. */
function valueCell(value: string | undefined): TableCell {
  if (value === undefined) return { text: none, sort: undefined };
  const number = Number(value);
  return { text: value, sort: value.trim() !== "" && Number.isFinite(number) ? number : value };
}
