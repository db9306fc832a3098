import type { FigureWidth } from "../figures/figure.ts";

const endings: Readonly<Record<FigureWidth, string>> = {
  page: "",
  phone: "-phone",
  paper: "-paper",
};

/** Where a figure lies, below the folder of the report. */
export function figureFile(id: string, width: FigureWidth, form: "svg" | "png"): string {
  return `figures/${fileName(id)}${endings[width]}.${form}`;
}

/** Letters, digits, points and dashes of a name: paths of parts have brackets and stars. */
export function fileName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
}
