import type { CellResults, StudyResults } from "../../study-results.ts";
import type { AnalysedCell } from "../analysis.ts";
import { domainOf, plainNumbers, shortNumbers, wantsLogarithm } from "./axis-text.ts";
import { type Curve, type CurveAxis, curveOf, fewestForIntervalBand, mostPoints } from "./curve.ts";
import type { Figure, FigureSpec, Frame } from "./figure.ts";
import { multiples } from "./multiples.ts";
import { type Panels, panelsOf } from "./panels.ts";
import { mostSeries, seriesScales } from "./theme.ts";

const axes: Readonly<Record<CurveAxis, string>> = {
  step: "steps",
  samples: "samples",
  flops: "FLOPs",
  minutes: "minutes on the device",
};

/**
 * What was logged under a name, over steps, samples, compute and time. Cells that are more than can be told apart in small multiples
 * are drawn by their eight lowest losses.
 */
export function learningCurves(
  results: StudyResults,
  cells: readonly AnalysedCell[],
  value: string,
): readonly Figure[] {
  const begun = cells.filter(({ results: { runs } }) =>
    runs.some(({ history }) => history.some(({ values }) => value in values)),
  );
  if (begun.length === 0) return [];
  const of = (from: readonly AnalysedCell[]) => from.map((one) => one.results.cell);
  const all = panelsOf(results.study, of(begun));
  const lowest = begun
    .toSorted((a, b) => lastOf(a.results, value) - lastOf(b.results, value))
    .slice(0, mostSeries);
  const panels = all ?? panelsOf(results.study, of(lowest));
  if (panels === undefined) return [];
  const drawn = new Map(begun.map((one) => [one.results.cell.identity, one.results]));
  // Panels of a few are a third as wide.
  const most = panels.panels.length > 1 ? mostPoints / 2 : mostPoints;
  const curves = (axis: CurveAxis): readonly PanelCurves[] =>
    panels.panels.map(({ title, entries }) => ({
      title,
      curves: entries.map(({ cell, series }) => ({
        series,
        curve: curveOf(drawn.get(cell.identity)?.runs ?? [], value, axis, most),
      })),
    }));
  const left =
    all === undefined
      ? ` Of ${begun.length} cells, the ${lowest.length} whose last value is lowest; the others are in the tables.`
      : "";
  const isMeasuredOnce = curves("step").every((panel) =>
    panel.curves.every(({ curve }) => curve.points.length < 2),
  );
  // What was measured at the end alone is no curve, and stands in the tables.
  if (isMeasuredOnce) return [];
  return [
    {
      id: `curves-${value}`,
      title: `${value} during training`,
      caption: `${captionOf(curves("step"))}${left}${unbegun(cells, begun)}`,
      views: axesOf(value).map((axis) => ({
        name: axes[axis],
        draw: (frame) => curvesSpec(panels, curves(axis), { axis, value, frame }),
      })),
    },
  ];
}

/** What is watched beside the loss is drawn over steps alone: it is bent in the same way. */
function axesOf(value: string): readonly CurveAxis[] {
  return value === "loss" ? ["step", "samples", "flops", "minutes"] : ["step"];
}

interface PanelCurves {
  readonly title: string;
  readonly curves: readonly { readonly series: string; readonly curve: Curve }[];
}

function captionOf(panels: readonly PanelCurves[]): string {
  const all = panels.flatMap(({ curves }) => curves.map(({ curve }) => curve));
  const ns = all.flatMap(({ points }) => points.map(({ n }) => n));
  const [fewest, most] = [Math.min(...ns), Math.max(...ns)];
  const n = fewest === most ? `n = ${most}` : `n = ${fewest} to ${most}`;
  const binned = Math.max(...all.map((curve) => curve.binned));
  const means = binned > 1 ? `; each point is the mean of up to ${binned} steps` : "";
  if (most === 1) return `One seed (n = 1), so no band${means}.`;
  const band =
    most >= fewestForIntervalBand
      ? "the 95 % interval of the mean (Student's t)"
      : "the least to the most";
  return `Line: mean over seeds, ${n}; band: ${band}${means}.`;
}

function unbegun(cells: readonly AnalysedCell[], begun: readonly AnalysedCell[]): string {
  const missing = cells.length - begun.length;
  if (missing === 0) return "";
  return ` ${missing} ${missing === 1 ? "cell has" : "cells have"} no such number yet.`;
}

function curvesSpec(
  { legend, series }: Panels,
  panels: readonly PanelCurves[],
  { axis, value, frame }: { axis: CurveAxis; value: string; frame: Frame },
): FigureSpec {
  const rows = panels.flatMap(({ title, curves }, panel) =>
    curves.flatMap(({ series: own, curve }) =>
      curve.points.map((point, at) => ({
        ...point,
        panel: `${panel}`,
        title,
        series: own,
        // A mark at every twelfth point, not at the same of all series.
        marked: (at + 3 * series.indexOf(own)) % 12 === 5 || curve.points.length < 4,
      })),
    ),
  );
  const ends = rows.flatMap(({ low, high }) => [low, high]);
  const isLog = wantsLogarithm(ends, 30);
  const scales = seriesScales(series, legend, frame.width);
  const isAlone = panels.length === 1;
  const y = {
    field: "mean",
    type: "quantitative",
    title: isLog ? `${value} (log)` : value,
    scale: { type: isLog ? "log" : "linear", domain: domainOf(ends, isLog), nice: false },
    axis: { ...plainNumbers, tickCount: 5 },
  };
  const x = {
    field: "x",
    type: "quantitative",
    title: axes[axis],
    axis: { ...(axis === "minutes" ? plainNumbers : shortNumbers), tickCount: isAlone ? 6 : 3 },
  };
  const layer = [
    {
      mark: { type: "area", opacity: 0.16 },
      encoding: {
        x,
        y: { ...y, field: "low" },
        y2: { field: "high" },
        color: scales.color,
      },
    },
    {
      mark: { type: "line", strokeWidth: 1.8 },
      encoding: { x, y, color: scales.color, strokeDash: scales.strokeDash },
    },
    {
      transform: [{ filter: "datum.marked" }],
      mark: { type: "point", filled: true, size: 42, opacity: 1 },
      encoding: { x, y, color: scales.color, shape: scales.shape },
    },
  ];
  return multiples({ rows, layer, titles: panels.map(({ title }) => title), frame });
}

function lastOf({ runs }: CellResults, value: string): number {
  const last = runs.map(({ history }) => history.at(-1)?.values[value] ?? Number.POSITIVE_INFINITY);
  return Math.min(...last);
}
