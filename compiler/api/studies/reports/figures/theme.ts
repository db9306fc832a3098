import { type FigureSpec, type FigureWidth, pixelsOf } from "./figure.ts";
import { textWidth } from "./letter-widths.ts";

/**
 * The colours of Okabe and Ito (2008), which people who see colours in another way tell apart. Their yellow cannot be seen as a
 * line on white: the grey that R's palette of this name adds is in its place.
 */
const seriesColors = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
  "#999999",
] as const;

/** A mark of its own for each colour, so that no figure needs its colours. */
const seriesShapes = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "triangle-down",
  "cross",
  "triangle-right",
  "triangle-left",
] as const;

const seriesDashes = [
  [1, 0],
  [6, 2],
  [2, 2],
  [8, 2, 2, 2],
  [4, 4],
  [10, 3],
  [1, 3],
  [6, 2, 1, 2],
] as const;

/** As many as a figure tells apart. */
export const mostSeries = seriesColors.length;

export const ink = "#1f2937";
export const grey = "#6b7280";
export const faint = "#c4c9d1";

/** Letters of 11 pixels on a screen; 8 points, as in captions, in a paper. */
export const fontSizes: Readonly<Record<FigureWidth, number>> = { page: 12, phone: 11, paper: 10 };

/** What all figures share. */
export function themeOf(width: FigureWidth): FigureSpec {
  const size = fontSizes[width];
  return {
    font: "sans-serif",
    background: "white",
    padding: 4,
    view: { stroke: null },
    title: { fontSize: size, fontWeight: 600, color: ink, anchor: "start", offset: 6 },
    axis: {
      labelFontSize: size,
      titleFontSize: size,
      titleFontWeight: "normal",
      labelColor: grey,
      titleColor: ink,
      gridColor: "#e5e7eb",
      domainColor: grey,
      tickColor: grey,
      titlePadding: 6,
      labelLimit: 140,
      labelFlush: false,
      labelOverlap: "parity",
      labelSeparation: 6,
    },
    header: { labelFontSize: size, labelFontWeight: 600, labelColor: ink, title: null },
    legend: {
      labelFontSize: size,
      titleFontSize: size,
      titleFontWeight: "normal",
      labelColor: ink,
      titleColor: ink,
      orient: "bottom",
      direction: "horizontal",
      symbolSize: 70,
      // An outline in the dashes of a line would make another mark of it.
      symbolStrokeWidth: 0,
      symbolOpacity: 1,
      labelLimit: width === "page" ? 330 : 250,
      titleLimit: 300,
      rowPadding: 3,
      columnPadding: 12,
    },
    text: { fontSize: size, color: ink },
  };
}

/** Columns of a legend: as many as have room for their labels beside the axis. */
export function legendColumns(labels: readonly string[], width: FigureWidth): number {
  const longest = Math.max(...labels.map((label) => textWidth(label, fontSizes[width])));
  const room = pixelsOf[width] - 60;
  return Math.max(1, Math.min(labels.length, Math.floor(room / (longest + 36))));
}

/** Colour, mark and dash of series, with one legend for all of them. */
export function seriesScales(labels: readonly string[], title: string, width: FigureWidth) {
  const legend = {
    title: title === "" ? null : title,
    columns: legendColumns(labels, width),
    symbolLimit: 0,
  };
  const n = labels.length;
  const common = { type: "nominal", field: "series", sort: null, legend };
  return {
    color: { ...common, scale: { domain: labels, range: seriesColors.slice(0, n) } },
    shape: { ...common, scale: { domain: labels, range: seriesShapes.slice(0, n) } },
    strokeDash: { ...common, scale: { domain: labels, range: seriesDashes.slice(0, n) } },
  };
}
