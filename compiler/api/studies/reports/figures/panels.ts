import type { Cell, Study } from "../../study.ts";
import { factorsOf } from "../factors.ts";
import { shortPaths } from "../short-paths.ts";
import { mostSeries } from "./theme.ts";

/** Cells as series of at most eight, one panel or several beside one another that share their series. */
export interface Panels {
  /** What the series are: a dimension's short path, or nothing where they are cells. */
  readonly legend: string;
  readonly series: readonly string[];
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly title: string;
  readonly entries: readonly { readonly cell: Cell; readonly series: string }[];
}

/** As many panels as somebody looks through. */
export const mostPanels = 24;

/**
 * Up to eight cells are a panel. More are series by the last factor that has two to eight values, and panels by all the others;
 * undefined where no factor has so few values, or two cells would be one series of a panel.
 */
export function panelsOf(study: Study, cells: readonly Cell[]): Panels | undefined {
  if (cells.length <= mostSeries)
    return {
      legend: "",
      series: cells.map(({ name }) => name),
      panels: [{ title: "", entries: cells.map((cell) => ({ cell, series: cell.name })) }],
    };
  const factors = factorsOf(study);
  const own = factors.findLast((path) => {
    const values = valuesOf(cells, path);
    return values.length > 1 && values.length <= mostSeries;
  });
  if (own === undefined) return undefined;
  const others = factors.filter((path) => path !== own);
  const short = shortPaths(factors);
  const byTitle = new Map<string, Cell[]>();
  for (const cell of cells) {
    const title = others
      .map((path) => `${short.get(path)} = ${cell.values[path] ?? "-"}`)
      .join(", ");
    byTitle.set(title, [...(byTitle.get(title) ?? []), cell]);
  }
  const panels = [...byTitle].map(([title, members]) => ({
    title,
    entries: members.map((cell) => ({ cell, series: cell.values[own] ?? "-" })),
  }));
  const isClear = panels.every(
    ({ entries }) => new Set(entries.map(({ series }) => series)).size === entries.length,
  );
  if (!isClear || panels.length > mostPanels) return undefined;
  return { legend: short.get(own) ?? own, series: valuesOf(cells, own), panels };
}

/** Values of a dimension in the order of the cells. */
export function valuesOf(cells: readonly Cell[], path: string): readonly string[] {
  return [...new Set(cells.map(({ values }) => values[path] ?? "-"))];
}
