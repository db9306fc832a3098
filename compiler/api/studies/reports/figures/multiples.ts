import type { FigureSpec, Frame } from "./figure.ts";
import { themeOf } from "./theme.ts";

interface Multiples {
  /** Each with the number of its `panel`, as a text. */
  readonly rows: readonly object[];
  readonly layer: readonly object[];
  /** Of the panels. */
  readonly titles: readonly string[];
  readonly frame: Frame;
}

/** One panel, or one for each title, in rows. */
export function multiples({ rows, layer, titles, frame }: Multiples): FigureSpec {
  const height = Math.round(frame.panel * (titles.length === 1 ? heightShare(frame) : 0.75));
  const common = { config: themeOf(frame.width), data: { values: rows } };
  if (titles.length <= 1) return { ...common, width: frame.panel, height, layer };
  const panel = titles.map((_, at) => `${at}`);
  return {
    ...common,
    facet: {
      field: "panel",
      type: "nominal",
      sort: panel,
      header: { title: null, labelExpr: `${JSON.stringify(titles)}[toNumber(datum.value)]` },
    },
    columns: frame.columns,
    spacing: { row: 14, column: 12 },
    spec: { width: frame.panel, height, layer },
  };
}

function heightShare({ width }: Frame): number {
  return width === "page" ? 0.5 : 0.75;
}

