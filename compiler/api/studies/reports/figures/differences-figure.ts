import type { Comparison } from "../../statistics/compare-cells.ts";
import type { Direction } from "../../statistics/direction.ts";
import { plainNumbers } from "./axis-text.ts";
import type { Figure, FigureSpec, Frame } from "./figure.ts";
import { fontSizes, legendColumns, themeOf } from "./theme.ts";

/** More rows are a table, not a figure. */
const mostRows = 40;

const verdicts = ["better", "worse", "not told apart", "untested"] as const;
const colors = ["#009E73", "#D55E00", "#999999", "#999999"];
const shapes = ["triangle-up", "triangle-down", "circle", "cross"];

/** Differences with their intervals about 0; undefined where there are none, or more than fit. */
export function differencesFigure(
  { name, direction }: { readonly name: string; readonly direction: Direction },
  comparisons: readonly Comparison[],
  { id, against }: { readonly id: string; readonly against: string },
): Figure | undefined {
  const shown = comparisons.filter(({ summary }) => summary.mean !== undefined);
  if (shown.length === 0 || shown.length > mostRows) return undefined;
  const ns = shown.map(({ summary }) => summary.n);
  const [fewest, most] = [Math.min(...ns), Math.max(...ns)];
  const bars =
    most === 1 ? "one pair, so no bars" : "bars: 95 % interval (Student's t), not corrected";
  const lost = comparisons.length - shown.length;
  return {
    id,
    title: `Difference in ${name} to ${against}`,
    caption: `Mean of differences paired by seed, n = ${fewest === most ? most : `${fewest} to ${most}`}; ${bars}. ${direction === "higher" ? "Right" : "Left"} of 0 is better. Colour and mark: what holds after Holm's correction at 0.05.${
      lost > 0 ? ` ${lost} without a pair.` : ""
    }`,
    views: [{ name, draw: (frame) => differencesSpec(name, shown, frame) }],
  };
}

function differencesSpec(
  name: string,
  comparisons: readonly Comparison[],
  frame: Frame,
): FigureSpec {
  const values = comparisons.map(({ cell, summary, verdict }) => ({
    cell,
    mean: summary.mean,
    low: summary.interval?.low ?? summary.mean,
    high: summary.interval?.high ?? summary.mean,
    verdict,
  }));
  // Names have no room beside the bars, so they stand above them.
  const isNarrow = frame.width !== "page";
  const x = {
    field: "mean",
    type: "quantitative",
    title: `difference in ${name}`,
    scale: { zero: true },
    axis: { ...plainNumbers, tickCount: frame.width === "page" ? 7 : 4 },
  };
  const y = {
    field: "cell",
    type: "nominal",
    sort: null,
    title: null,
    axis: isNarrow ? null : { labelLimit: 300, grid: true, ticks: false, domain: false },
  };
  const names = {
    mark: {
      type: "text",
      align: "left",
      dy: -14,
      fontSize: fontSizes[frame.width],
      limit: frame.panel,
    },
    encoding: { x: { value: 0 }, y, text: { field: "cell", type: "nominal" } },
  };
  const present = verdicts.filter((one) => comparisons.some(({ verdict }) => verdict === one));
  const own = (from: readonly string[]) => present.map((one) => from[verdicts.indexOf(one)]);
  const common = { field: "verdict", type: "nominal" };
  const legend = { title: null, columns: legendColumns(present, frame.width) };
  return {
    config: themeOf(frame.width),
    data: { values },
    width: frame.panel,
    height: { step: isNarrow ? 36 : 22 },
    layer: [
      ...(isNarrow ? [names] : []),
      {
        mark: { type: "rule", strokeWidth: 2 },
        encoding: {
          x: { ...x, field: "low" },
          x2: { field: "high" },
          y,
          color: { ...common, scale: { domain: present, range: own(colors) }, legend },
        },
      },
      {
        mark: { type: "point", filled: true, opacity: 1, size: 70 },
        encoding: {
          x,
          y,
          color: { ...common, scale: { domain: present, range: own(colors) }, legend },
          shape: { ...common, scale: { domain: present, range: own(shapes) }, legend },
        },
      },
      {
        mark: { type: "rule", color: "#1f2937", strokeDash: [3, 3] },
        encoding: { x: { ...x, field: undefined, datum: 0 } },
      },
    ],
  };
}
