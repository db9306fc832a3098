import { meanOf } from "../../statistics/summary.ts";
import type { StudyResults } from "../../study-results.ts";
import type { AnalysedCell, MetricAnalysis } from "../analysis.ts";
import { factorsOf } from "../factors.ts";
import { formatNumber } from "../format-number.ts";
import { shortPaths } from "../short-paths.ts";
import type { Figure, FigureSpec, Frame } from "./figure.ts";
import { valuesOf } from "./panels.ts";
import { themeOf } from "./theme.ts";

/** More boxes a side have no room for their numbers. */
const mostValues = 12;

interface Box {
  readonly row: string;
  readonly column: string;
  /** Undefined where no cell of the box has a number. */
  readonly mean: number | undefined;
  readonly n: number;
}

/** A metric by two factors; undefined where the experiment has no two with several values each. */
export function heatMap(results: StudyResults, analysis: MetricAnalysis): Figure | undefined {
  const cells = analysis.cells.map((one) => one.results.cell);
  const factors = factorsOf(results.study);
  const varied = factors.filter((path) => {
    const count = valuesOf(cells, path).length;
    return count > 1 && count <= mostValues;
  });
  // Long ones run down, where there is room.
  const [rows, columns] = varied
    .slice(0, 2)
    .toSorted((a, b) => valuesOf(cells, b).length - valuesOf(cells, a).length);
  if (rows === undefined || columns === undefined) return undefined;
  if (!analysis.cells.some(({ summary }) => summary.n > 0)) return undefined;
  const boxes = boxesOf(analysis.cells, [rows, columns]);
  const others = factors.filter((path) => path !== rows && path !== columns);
  const isMean = others.some((path) => valuesOf(cells, path).length > 1);
  const { name, direction } = analysis.metric;
  const empty = boxes.filter(({ n }) => n === 0).length;
  const short = shortPaths(factors);
  const counts = new Set(boxes.map(({ n }) => n));
  const [n] = counts;
  // What is the same everywhere is said once, below the figure.
  const isCounted = counts.size > 1;
  const told = isCounted
    ? "and, below it, the number n of runs in it"
    : `over n = ${n} runs in each box`;
  return {
    id: `${name}-by-factors`,
    title: `${name} by ${short.get(rows)} and ${short.get(columns)}`,
    caption: `Mean of ${name} (${direction} is better) ${told}; the darker the better.${
      isMean
        ? ` A mean over ${others.map((path) => short.get(path) ?? path).join(", ")} too, each cell counted once.`
        : ""
    }${empty > 0 ? ` ${empty} of ${boxes.length} boxes have no number.` : ""}`,
    views: [
      {
        name,
        draw: (frame) =>
          heatSpec({
            boxes,
            isCounted,
            rows: { title: short.get(rows) ?? rows, values: valuesOf(cells, rows) },
            columns: { title: short.get(columns) ?? columns, values: valuesOf(cells, columns) },
            metric: analysis.metric,
            frame,
          }),
      },
    ],
  };
}

function boxesOf(
  cells: readonly AnalysedCell[],
  [rows, columns]: readonly [string, string],
): readonly Box[] {
  const all = cells.map(({ results }) => results.cell);
  return valuesOf(all, rows).flatMap((row) =>
    valuesOf(all, columns).map((column): Box => {
      const own = cells.filter(
        ({ results: { cell } }) =>
          (cell.values[rows] ?? "-") === row && (cell.values[columns] ?? "-") === column,
      );
      const means = own.map(({ summary }) => summary.mean).filter((mean) => mean !== undefined);
      const n = own.reduce((sum, { summary }) => sum + summary.n, 0);
      return { row, column, mean: means.length === 0 ? undefined : meanOf(means), n };
    }),
  );
}

interface Factor {
  readonly title: string;
  readonly values: readonly string[];
}

interface HeatSpec {
  readonly boxes: readonly Box[];
  /** Whether each box says how many runs are in it. */
  readonly isCounted: boolean;
  readonly rows: Factor;
  readonly columns: Factor;
  readonly metric: MetricAnalysis["metric"];
  readonly frame: Frame;
}

function heatSpec({ boxes, isCounted, rows, columns, metric, frame }: HeatSpec): FigureSpec {
  const means = boxes.flatMap(({ mean }) => (mean === undefined ? [] : [mean]));
  const [least, most] = [Math.min(...means), Math.max(...means)];
  // The better, the darker: letters on the darker half are white.
  const isBetterHigh = metric.direction === "higher";
  const depthOf = (mean: number): number => {
    const share = most === least ? 0.3 : (mean - least) / (most - least);
    return isBetterHigh ? share : 1 - share;
  };
  const values = boxes.map(({ mean, n, ...place }) => ({
    ...place,
    mean: mean ?? null,
    depth: mean === undefined ? null : depthOf(mean),
    text: mean === undefined ? "none" : formatNumber(mean, "plain"),
    count: `n = ${n}`,
  }));
  const small = columns.values.length > 6 || frame.width !== "page";
  const axisOf = ({ title, values: sort }: Factor, field: string, angle: number) => ({
    field,
    type: "nominal",
    sort,
    title,
    axis: {
      labelAngle: angle,
      labelLimit: frame.width === "page" ? 200 : 90,
      ticks: false,
      domain: false,
      labelPadding: 6,
    },
  });
  const isWide = columns.values.some(
    (value) => value.length * 7 > frame.panel / columns.values.length,
  );
  const x = axisOf(columns, "column", isWide ? -40 : 0);
  const y = axisOf(rows, "row", 0);
  const text = { type: "nominal", field: "text" };
  const color = { condition: { test: "datum.depth > 0.55", value: "white" }, value: "#1f2937" };
  const size = Math.min(frame.width === "page" ? 12 : 10, frame.panel / columns.values.length / 4);
  return {
    config: themeOf(frame.width),
    data: { values },
    width: frame.panel,
    height: Math.min(rows.values.length * (small ? 36 : 44), frame.panel * 1.4),
    layer: [
      {
        mark: { type: "rect", stroke: "white", strokeWidth: 2 },
        encoding: {
          x,
          y,
          color: {
            field: "depth",
            type: "quantitative",
            scale: { domain: [0, 1], range: ["#eef4fa", "#6aa5cf", "#0b4a7d"], interpolate: "lab" },
            legend: null,
          },
        },
      },
      {
        mark: { type: "text", dy: isCounted ? -size * 0.55 : 0, fontSize: size, fontWeight: 600 },
        encoding: { x, y, text, color },
      },
      ...(isCounted
        ? [
            {
              // Six points in a column of a paper.
              mark: { type: "text", dy: size * 0.75, fontSize: Math.max(8, size - 2) },
              encoding: { x, y, text: { ...text, field: "count" }, color },
            },
          ]
        : []),
    ],
  };
}
