import { meanOf, summarize } from "../../statistics/summary.ts";
import type { CellRun, HistoryPoint } from "../../study-results.ts";

export type CurveAxis = "step" | "samples" | "flops" | "minutes";

/** A place of a curve: the mean over seeds and its band. */
interface CurvePoint {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Seeds that have reached it. */
  readonly n: number;
}

export interface Curve {
  readonly points: readonly CurvePoint[];
  /** Steps of which each point is the mean. */
  readonly binned: number;
}

/** More than these cannot be told apart. */
export const mostPoints = 100;
/** From so many seeds on the band is an interval; below, it goes from the least to the most. */
export const fewestForIntervalBand = 6;

/**
 * What the runs of a cell logged, over steps or what they cost. As far as all finished runs have come: where fewer are left the mean
 * would jump. Runs that failed are in it only where no other is.
 */
export function curveOf(
  runs: readonly CellRun[],
  value: string,
  axis: CurveAxis,
  most: number = mostPoints,
): Curve {
  const begun = runs.filter(({ history }) => history.length > 0);
  const whole = begun.filter(({ state }) => state !== "failed");
  const drawn = whole.length > 0 ? whole : begun;
  const longest = Math.max(0, ...drawn.map(({ history }) => history.length));
  const binned = Math.max(1, Math.ceil(longest / most));
  const lines = drawn.map(({ history }) => binsOf(history, value, axis, binned));
  const fewest = Math.max(1, drawn.filter(({ state }) => state === "done").length);
  const points = Array.from({ length: Math.ceil(longest / binned) }, (_, at) =>
    pointOf(lines.flatMap((line) => line[at] ?? [])),
  );
  return {
    points: points.flatMap((one) => (one !== undefined && one.n >= fewest ? [one] : [])),
    binned,
  };
}

interface Bin {
  readonly x: number;
  readonly y: number;
}

/** Means of so many points that follow one another; those that are not finite count for nothing. */
function binsOf(
  history: readonly HistoryPoint[],
  value: string,
  axis: CurveAxis,
  size: number,
): readonly Bin[] {
  const bins = Array.from({ length: Math.ceil(history.length / size) }, (_, at) =>
    history.slice(at * size, (at + 1) * size),
  );
  return bins.map((bin) => {
    const finite = bin.flatMap(({ values: { [value]: y = Number.NaN } }) =>
      Number.isFinite(y) ? [y] : [],
    );
    return {
      x: bin.at(-1)?.[axis] ?? Number.NaN,
      y: finite.length === 0 ? Number.NaN : meanOf(finite),
    };
  });
}

function pointOf(bins: readonly Bin[]): CurvePoint | undefined {
  const finite = bins.filter(({ y }) => Number.isFinite(y));
  const n = finite.length;
  if (n === 0) return undefined;
  const ys = finite.map(({ y }) => y);
  const range = { low: Math.min(...ys), high: Math.max(...ys) };
  const interval = n >= fewestForIntervalBand ? summarize(ys).interval : undefined;
  const { low, high } = interval ?? range;
  return { x: meanOf(finite.map(({ x }) => x)), mean: meanOf(ys), low, high, n };
}
