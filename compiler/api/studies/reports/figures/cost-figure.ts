import { type Candidate, paretoStandings, type Standing } from "../../statistics/pareto.ts";
import { meanOf } from "../../statistics/summary.ts";
import type { Cell } from "../../study.ts";
import type { StudyResults } from "../../study-results.ts";
import type { AnalysedCell, MetricAnalysis } from "../analysis.ts";
import { columnOf } from "../columns.ts";
import { shortPaths } from "../short-paths.ts";
import { domainOf, plainNumbers, shortNumbers, wantsLogarithm } from "./axis-text.ts";
import type { Figure, FigureSpec, Frame } from "./figure.ts";
import { multiples } from "./multiples.ts";
import { mostPanels, valuesOf } from "./panels.ts";
import { faint, ink, mostSeries, seriesScales } from "./theme.ts";

/** A cell of the figure. */
interface CostPoint {
  readonly cell: string;
  readonly x: number;
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly n: number;
  readonly series: string;
  readonly standing: Standing;
}

interface CostAxis {
  readonly title: string;
  readonly of: (cell: AnalysedCell) => number | undefined;
}

/** A metric over what it costs, with the cells that no other beats; undefined where no cell has both numbers. */
export function costFigure(
  results: StudyResults,
  analysis: MetricAnalysis,
  { over, by }: { readonly over: string; readonly by: string | undefined },
): Figure | undefined {
  const axis = axisOf(results, over);
  const { metric, cells } = analysis;
  const legend = by === undefined ? "" : (shortPaths(results.study.dimensions).get(by) ?? by);
  const all = cells.map((one) => one.results.cell);
  const series = by === undefined ? namesOf(all) : valuesOf(all, by);
  const seriesOf = ({ name, values }: Cell): string =>
    by === undefined ? (series.length > 1 ? name : "") : (values[by] ?? "-");
  const points = pointsOf(analysis, axis, seriesOf);
  if (points.length === 0) return undefined;
  const isOrdered = points.every(({ x }) => Number.isFinite(x));
  if (!isOrdered) return undefined;
  return {
    id: `${metric.name}-over-${over}`,
    title: `${metric.name} over ${over}`,
    caption: `${captionOf(analysis, points, over)}${series.length > mostPanels ? ` Values of ${legend} are too many to be told apart.` : ""}`,
    views: [
      {
        name: over,
        draw: (frame) => costSpec({ points, series, legend, axis, metric, frame }),
      },
    ],
  };
}

/** Few cells are told apart by their names. */
function namesOf(cells: readonly Cell[]): readonly string[] {
  return cells.length <= mostSeries ? cells.map(({ name }) => name) : [""];
}

function axisOf(results: StudyResults, over: string): CostAxis {
  const column = columnOf(over, results);
  switch (column.kind) {
    case "cost":
      return {
        title: column.unit.startsWith(over) ? over : `${over} (${column.unit})`,
        of: (one) => column.of(one.results.cell),
      };
    case "time":
      return {
        title: `${over} (${column.unit})`,
        of: (one) => {
          const found = one.results.runs.map(column.of).filter((value) => value !== undefined);
          return found.length === 0 ? undefined : meanOf(found);
        },
      };
    case "dimension":
      return { title: over, of: (one) => Number(one.results.cell.values[over] ?? Number.NaN) };
    case "metric":
      return { title: over, of: () => undefined };
  }
}

/** Cells with both numbers, and how each stands among them. */
function pointsOf(
  { cells, metric }: MetricAnalysis,
  axis: CostAxis,
  seriesOf: (cell: Cell) => string,
): readonly CostPoint[] {
  const found = cells.flatMap((one) => {
    const [x, { mean }] = [axis.of(one), one.summary];
    return x === undefined || mean === undefined ? [] : [{ one, x, mean }];
  });
  const candidates = found.map(({ one, x, mean }): Candidate => {
    return { cost: x, mean, interval: one.summary.interval };
  });
  const standings = paretoStandings(candidates, metric.direction);
  return found.map(({ one, x, mean }, at) => ({
    cell: one.results.cell.name,
    x,
    mean,
    low: one.summary.interval?.low,
    high: one.summary.interval?.high,
    n: one.summary.n,
    series: seriesOf(one.results.cell),
    standing: standings[at] ?? "behind",
  }));
}

function captionOf(
  { cells, metric }: MetricAnalysis,
  points: readonly CostPoint[],
  over: string,
): string {
  const ns = points.map(({ n }) => n);
  const [fewest, most] = [Math.min(...ns), Math.max(...ns)];
  const n = fewest === most ? `n = ${most}` : `n = ${fewest} to ${most}`;
  const bars = most === 1 ? "no bars" : "bars: 95 % interval (Student's t)";
  const perhaps = points.some(({ standing }) => standing === "perhaps")
    ? " Hollow with a ring: perhaps on it, since the interval reaches it."
    : "";
  const missing = cells.length - points.length;
  const lost = missing > 0 ? ` ${missing} of ${cells.length} cells have no number yet.` : "";
  return `Marks: mean over seeds, ${n}; ${bars}. Step: the front, beyond which no cell has a ${metric.direction} ${metric.name} for as little ${over}.${perhaps}${lost}`;
}

interface CostSpec {
  readonly points: readonly CostPoint[];
  readonly series: readonly string[];
  readonly legend: string;
  readonly axis: CostAxis;
  readonly metric: MetricAnalysis["metric"];
  readonly frame: Frame;
}

function costSpec({ points, series, legend, axis, metric, frame }: CostSpec): FigureSpec {
  const isSplit = series.length > mostSeries && series.length <= mostPanels;
  const titles = isSplit ? series.map((value) => `${legend} = ${value}`) : [""];
  const xs = points.map(({ x }) => x);
  const ends = points.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const isLog = wantsLogarithm(xs, 1.5);
  const x = {
    field: "x",
    type: "quantitative",
    title: isLog ? `${axis.title}, log` : axis.title,
    scale: { type: isLog ? "log" : "linear", domain: domainOf(xs, isLog), nice: false },
    axis: { ...shortNumbers, tickCount: isSplit ? 3 : 6 },
  };
  const y = {
    field: "mean",
    type: "quantitative",
    title: frame.width === "page" ? `${metric.name}, ${metric.direction} is better` : metric.name,
    scale: { domain: domainOf(ends, false), nice: false },
    axis: { ...plainNumbers, tickCount: 5 },
  };
  const own = (panel: number) => (isSplit ? series[panel] : undefined);
  const hasOthers = points.length * titles.length <= mostBehind;
  const rows = titles.flatMap((_, panel) => rowsOf(points, own(panel), panel, hasOthers));
  return multiples({
    rows,
    layer: layersOf({ x, y, series, legend, frame }),
    titles,
    frame,
  });
}

/** In all panels together; more are too many to stand behind those of every panel. */
const mostBehind = 600;

/** Of a panel: all of the cells where they are one panel, else its own, in front of the others if these have room; and the front of all. */
function rowsOf(
  points: readonly CostPoint[],
  own: string | undefined,
  panel: number,
  hasOthers: boolean,
): readonly { readonly panel: string }[] {
  const isOwn = ({ series }: CostPoint): boolean => own === undefined || series === own;
  const shown = hasOthers ? points : points.filter(isOwn);
  const cells = shown.map((point) => ({
    ...point,
    panel: `${panel}`,
    what: isOwn(point) ? "cell" : "other",
  }));
  const front = points
    .filter(({ standing }) => standing === "front")
    .toSorted((a, b) => a.x - b.x)
    .map(({ x, mean }) => ({ x, mean, panel: `${panel}`, what: "front", series: own ?? "" }));
  return [...front, ...cells];
}

function layersOf({
  x,
  y,
  series,
  legend,
  frame,
}: Pick<CostSpec, "series" | "legend" | "frame"> & {
  readonly x: object;
  readonly y: object;
}): readonly object[] {
  const only = (what: string) => [{ filter: `datum.what === "${what}"` }];
  const isAlone = series.length === 1 || series.length > mostSeries;
  const scales = seriesScales(series, legend, frame.width);
  const color = isAlone ? { value: "#0072B2" } : scales.color;
  const shape = isAlone ? { value: "circle" } : scales.shape;
  return [
    {
      transform: only("front"),
      mark: { type: "line", interpolate: "step-after", stroke: ink, strokeWidth: 1, opacity: 0.6 },
      encoding: { x, y },
    },
    {
      transform: only("other"),
      mark: { type: "point", filled: true, size: 20, color: faint },
      encoding: { x, y },
    },
    {
      transform: [{ filter: 'datum.what === "cell" && isValid(datum.low)' }],
      mark: { type: "rule", strokeWidth: 1.2, opacity: 0.7 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
    },
    {
      transform: only("cell"),
      mark: { type: "point", filled: true, opacity: 1, size: 70 },
      encoding: { x, y, color, shape },
    },
    {
      transform: [{ filter: 'datum.what === "cell" && datum.standing === "perhaps"' }],
      mark: { type: "point", shape: "circle", filled: true, fill: "white", size: 16, opacity: 1 },
      encoding: { x, y },
    },
    {
      transform: [{ filter: 'datum.what === "cell" && datum.standing === "perhaps"' }],
      mark: {
        type: "point",
        shape: "circle",
        filled: false,
        stroke: ink,
        strokeWidth: 1,
        size: 190,
      },
      encoding: { x, y },
    },
  ];
}
