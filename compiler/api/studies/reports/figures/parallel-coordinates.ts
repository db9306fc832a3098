import type { StudyResults } from "../../study-results.ts";
import type { AnalysedCell, MetricAnalysis } from "../analysis.ts";
import { factorsOf } from "../factors.ts";
import { formatNumber } from "../format-number.ts";
import { shortPaths } from "../short-paths.ts";
import type { Figure, FigureSpec, Frame } from "./figure.ts";
import { valuesOf } from "./panels.ts";
import { grey, ink, themeOf } from "./theme.ts";

/** An axis that stands up: where each cell crosses it, from 0 to 1, and what is written beside it. */
interface Upright {
  readonly title: string;
  readonly places: ReadonlyMap<string, number>;
  readonly labels: readonly { readonly at: number; readonly text: string }[];
}

/** Fewer dimensions are seen better in the other figures. */
const fewestDimensions = 4;
const mostLabels = 6;

/** Cells as lines through all that they vary, and what they reach; undefined for three dimensions and fewer. */
export function parallelCoordinates(
  results: StudyResults,
  analysis: MetricAnalysis,
): Figure | undefined {
  const cells = analysis.cells.filter(({ summary }) => summary.mean !== undefined);
  const all = cells.map((one) => one.results.cell);
  const factors = factorsOf(results.study);
  const varied = factors.filter((path) => valuesOf(all, path).length > 1);
  if (varied.length < fewestDimensions) return undefined;
  const short = shortPaths(factors);
  const { name, direction } = analysis.metric;
  const uprights = [
    ...varied.map((path) => dimensionAxis(cells, path, short.get(path) ?? path)),
    metricAxis(cells, name),
  ];
  const lost = analysis.cells.length - cells.length;
  const ns = cells.map(({ summary }) => summary.n);
  const [fewest, most] = [Math.min(...ns), Math.max(...ns)];
  return {
    id: `${name}-parallel`,
    title: `${name} by all factors`,
    caption: `A line for each of ${cells.length} cells, the mean over seeds (n = ${fewest === most ? most : `${fewest} to ${most}`}) on the last axis; the darker the better (${direction}).${
      lost > 0 ? ` ${lost} ${lost === 1 ? "cell has" : "cells have"} no number.` : ""
    }`,
    views: [{ name, draw: (frame) => parallelSpec(uprights, cells, { direction, frame }) }],
  };
}

function dimensionAxis(cells: readonly AnalysedCell[], path: string, title: string): Upright {
  const values = valuesOf(
    cells.map((one) => one.results.cell),
    path,
  );
  const numbers = values.map(Number);
  const isNumeric = numbers.every(Number.isFinite);
  const order = isNumeric ? values.toSorted((a, b) => Number(a) - Number(b)) : values;
  const isRange = isNumeric && values.length > mostLabels;
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = isRange && least > 0 && most / least > 30;
  const placeOf = (value: string): number => {
    if (!isRange) return order.length === 1 ? 0.5 : order.indexOf(value) / (order.length - 1);
    const scale = isLog ? Math.log : (x: number) => x;
    return (scale(Number(value)) - scale(least)) / (scale(most) - scale(least));
  };
  const shown = values.length > mostLabels ? [order[0] ?? "", order.at(-1) ?? ""] : order;
  return {
    title,
    places: new Map(
      cells.map(({ results: { cell } }) => [cell.identity, placeOf(cell.values[path] ?? "-")]),
    ),
    labels: shown.map((text) => ({ at: placeOf(text), text })),
  };
}

function metricAxis(cells: readonly AnalysedCell[], title: string): Upright {
  const means = cells.map(({ summary }) => summary.mean ?? Number.NaN);
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const placeOf = (mean: number): number =>
    most === least ? 0.5 : (mean - least) / (most - least);
  const labels = most === least ? [least] : [least, (least + most) / 2, most];
  return {
    title,
    places: new Map(
      cells.map(({ results, summary }) => [results.cell.identity, placeOf(summary.mean ?? least)]),
    ),
    labels: labels.map((mean) => ({ at: placeOf(mean), text: formatNumber(mean, "plain") })),
  };
}

function parallelSpec(
  uprights: readonly Upright[],
  cells: readonly AnalysedCell[],
  { direction, frame }: { readonly direction: "higher" | "lower"; readonly frame: Frame },
): FigureSpec {
  // What the last axis says stands on its left, and needs room of its own.
  const acrossOf = (at: number): number => (at === uprights.length - 1 ? at + 0.4 : at);
  const last = uprights.at(-1);
  const lines = cells.flatMap(({ results: { cell } }) => {
    const reached = last?.places.get(cell.identity) ?? 0;
    const depth = direction === "higher" ? reached : 1 - reached;
    return uprights.map(({ places }, x) => ({
      x: acrossOf(x),
      y: places.get(cell.identity),
      cell: cell.identity,
      depth,
    }));
  });
  const labels = uprights.flatMap(({ labels: own }, x) =>
    own.map(({ at, text }) => ({ x, y: at, text })),
  );
  const room = Math.floor(frame.panel / uprights.length / 6.5);
  const x = {
    field: "x",
    type: "quantitative",
    scale: { domain: [0, uprights.length - 0.6], nice: false },
    axis: null,
  };
  const y = {
    field: "y",
    type: "quantitative",
    axis: null,
    scale: { domain: [-0.04, 1.18], nice: false },
  };
  const cut = (text: string): string =>
    text.length > room ? `${text.slice(0, room - 1)}\u2026` : text;
  const halo = { type: "text", align: "left", dx: 4, fontSize: 10 };
  const titles = uprights.map(({ title }, at) => ({
    x: acrossOf(at),
    y: at % 2 === 1 && frame.width !== "page" ? 1.09 : 1.15,
    text: frame.width === "page" ? cut(title) : title,
    align: at === 0 ? "left" : at === uprights.length - 1 ? "right" : "center",
  }));
  const titleLayer = (["left", "center", "right"] as const).map((align) => ({
    data: { values: titles.filter((one) => one.align === align) },
    mark: { type: "text", align, fontWeight: 600, fontSize: frame.width === "page" ? 12 : 10 },
    encoding: { x, y, text: { field: "text", type: "nominal" } },
  }));
  return {
    config: themeOf(frame.width),
    width: frame.panel,
    height: Math.round(frame.panel * (frame.width === "page" ? 0.45 : 0.8)),
    layer: [
      {
        data: { values: uprights.map((_, at) => ({ x: acrossOf(at) })) },
        mark: { type: "rule", color: grey },
        encoding: { x, y: { datum: 0, ...y, field: undefined }, y2: { datum: 1 } },
      },
      {
        data: { values: lines },
        mark: { type: "line", strokeWidth: 1.5, opacity: 0.75 },
        encoding: {
          x,
          y,
          detail: { field: "cell", type: "nominal" },
          color: {
            field: "depth",
            type: "quantitative",
            scale: { domain: [0, 1], range: ["#c9ddec", "#6aa5cf", "#0b4a7d"], interpolate: "lab" },
            legend: null,
          },
        },
      },
      ...[true, false].map((isLast) => ({
        data: {
          values: labels
            .filter((one) => (one.x === uprights.length - 1) === isLast)
            .map((one) => ({ ...one, x: acrossOf(one.x), text: cut(one.text) })),
        },
        layer: [
          {
            mark: { ...halo, stroke: "white", strokeWidth: 4, opacity: 0.9, ...sideOf(isLast) },
            encoding: { x, y, text: { field: "text", type: "nominal" } },
          },
          {
            mark: { ...halo, color: ink, ...sideOf(isLast) },
            encoding: { x, y, text: { field: "text", type: "nominal" } },
          },
        ],
      })),
      ...titleLayer,
    ],
  };
}

/** Beside the last axis the room is on its left. */
function sideOf(isLast: boolean): object {
  return isLast ? { align: "right", dx: -4 } : {};
}
