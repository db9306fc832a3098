/** A table of a report, before it is written in some format. */
export interface ReportTable {
  /** Names files and places in the page. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  /** What has to be known to read it. */
  readonly notes: readonly string[];
}

export interface TableColumn {
  readonly title: string;
  /** Numbers stand right. */
  readonly align: "left" | "right";
}

export interface TableCell {
  readonly text: string;
  /** What rows are sorted by; undefined for what has no place, which stays last. */
  readonly sort: number | string | undefined;
}

export function textCell(text: string): TableCell {
  return { text, sort: text };
}

export function numberCell(text: string, value: number | undefined): TableCell {
  return { text, sort: value !== undefined && Number.isFinite(value) ? value : undefined };
}
