import type { FigureSpec, Frame } from "./figure.ts";
import { textWidth } from "./letter-widths.ts";
import { fontSizes, themeOf } from "./theme.ts";

interface Multiples {
  /** Each with the number of its `panel`, as a text. */
  readonly rows: readonly { readonly panel: string }[];
  readonly layer: readonly object[];
  /** Of the panels. */
  readonly titles: readonly string[];
  readonly frame: Frame;
}

/** One panel, or one for each title, in rows. */
export function multiples({ rows, layer, titles, frame }: Multiples): FigureSpec {
  const height = Math.round(frame.panel * (titles.length === 1 ? heightShare(frame) : 0.75));
  const values = frame.isSketch ? oneOfEach(rows) : rows;
  const common = { config: themeOf(frame.width), data: { values } };
  if (titles.length <= 1) return { ...common, width: frame.panel, height, layer };
  const panel = titles.map((_, at) => `${at}`);
  return {
    ...common,
    facet: {
      field: "panel",
      type: "nominal",
      sort: panel,
      header: {
        title: null,
        labelLimit: 0,
        labelLineHeight: fontSizes[frame.width] + 3,
        labelExpr: `${JSON.stringify(titles.map((title) => wrapped(title, frame)))}[toNumber(datum.value)]`,
      },
    },
    columns: frame.columns,
    spacing: { row: 14, column: 12 },
    spec: { width: frame.panel, height, layer },
  };
}

function heightShare({ width }: Frame): number {
  return width === "page" ? 0.5 : 0.75;
}

function oneOfEach(rows: Multiples["rows"]): Multiples["rows"] {
  return [...new Map(rows.map((row) => [row.panel, row])).values()];
}

/** A title as lines that have room over a panel, broken behind commas. */
function wrapped(title: string, { panel, width }: Frame): readonly string[] {
  const lines: string[] = [];
  for (const part of title.split(", ")) {
    const longer = `${lines.at(-1)}, ${part}`;
    const fits = lines.length > 0 && textWidth(longer, fontSizes[width]) * 1.1 < panel;
    if (fits) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}
