import type { Cell, Study } from "../../study.ts";
import { none } from "../format-number.ts";
import { shortPaths } from "../short-paths.ts";
import { type TableCell, type TableColumn, textCell } from "./report-table.ts";

/** What a cell is called in tables: a column for each dimension, or its name where there is none. */
export function nameColumns({ dimensions }: Study): readonly TableColumn[] {
  if (dimensions.length === 0) return [{ title: "cell", align: "left" }];
  const short = shortPaths(dimensions);
  return dimensions.map((path) => ({ title: short.get(path) ?? path, align: "left" }));
}

export function nameCells({ dimensions }: Study, { name, values }: Cell): readonly TableCell[] {
  if (dimensions.length === 0) return [textCell(name)];
  return dimensions.map((path) => valueCell(values[path]));
}

/** Numbers are sorted as such. */
function valueCell(value: string | undefined): TableCell {
  if (value === undefined) return { text: none, sort: undefined };
  const number = Number(value);
  return { text: value, sort: value.trim() !== "" && Number.isFinite(number) ? number : value };
}
