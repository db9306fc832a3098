import type { Cell, Study } from "../study.ts";

/** Under this path a cell has the name of its case. */
const casePath = "case";

/** What tells the cells of a study apart: its dimensions, without those that follow from a cell's case. */
export function factorsOf({ dimensions, cells }: Study): readonly string[] {
  if (!dimensions.includes(casePath)) return dimensions;
  return dimensions.filter((path) => path === casePath || !followsFromCase(cells, path));
}

function followsFromCase(cells: readonly Cell[], path: string): boolean {
  const known = new Map<string | undefined, string | undefined>();
  return cells.every(({ values }) => {
    const [own, value] = [values[casePath], values[path]];
    if (known.has(own)) return known.get(own) === value;
    known.set(own, value);
    return true;
  });
}
