import { type Direction, directionOf } from "../statistics/direction.ts";
import type { Cell } from "../study.ts";
import type { CellRun, StudyResults } from "../study-results.ts";
import type { NumberForm } from "./format-number.ts";

/** A number that a cell has before it runs. */
interface CostColumn {
  readonly kind: "cost";
  readonly name: string;
  readonly unit: string;
  readonly form: NumberForm;
  readonly of: (cell: Cell) => number | undefined;
}

/** A number that each run gives, by which cells are compared. */
export interface MetricColumn {
  readonly kind: "metric";
  readonly name: string;
  readonly direction: Direction;
}

/** What a run took: never in a table that has to be equal when it is made again. */
interface TimeColumn {
  readonly kind: "time";
  readonly name: string;
  readonly unit: string;
  readonly of: (run: CellRun) => number | undefined;
}

/** What the experiment varies. */
interface DimensionColumn {
  readonly kind: "dimension";
  readonly name: string;
}

export type Column = CostColumn | MetricColumn | TimeColumn | DimensionColumn;

const costs: readonly CostColumn[] = [
  cost("params", "parameters", "count", ({ cost: { parameters } }) => parameters),
  cost("trainable", "parameters", "count", ({ cost: { trainable } }) => trainable),
  cost("macs", "MACs a sample, forward", "count", ({ cost: { macs } }) => macs),
  cost("macs_per_step", "MACs a step", "count", ({ cost: { macsPerStep } }) => macsPerStep),
  cost("flops_per_step", "FLOPs a step", "count", ({ cost: { flopsPerStep } }) => flopsPerStep),
  cost("peak_bytes", "bytes", "bytes", ({ cost: { peakBytes } }) => peakBytes),
  cost("dispatches", "dispatches a step", "count", ({ cost: { dispatches } }) => dispatches),
  cost("steps", "steps", "count", ({ steps }) => steps),
];

export const times: readonly TimeColumn[] = [
  { kind: "time", name: "step_ms", unit: "ms", of: ({ stepMs }) => stepMs },
  { kind: "time", name: "images_per_second", unit: "1/s", of: samplesPerSecond },
  { kind: "time", name: "minutes", unit: "min", of: ({ history }) => history.at(-1)?.minutes },
];

/** What a column of a report is, by the name that the experiment gives it. */
export function columnOf(name: string, { study }: StudyResults): Column {
  const builtIn = [...costs, ...times].find((column) => column.name === name);
  if (builtIn !== undefined) return builtIn;
  if (study.dimensions.includes(name)) return { kind: "dimension", name };
  if (study.cells.some(({ cost: { parts } }) => name in parts)) {
    const unit = name.endsWith(".params") ? "parameters" : "MACs a sample, forward";
    return cost(name, unit, "count", ({ cost: { parts } }) => parts[name]);
  }
  return { kind: "metric", name, direction: directionOf(name) };
}

function cost(
  name: string,
  unit: string,
  form: NumberForm,
  of: (cell: Cell) => number | undefined,
): CostColumn {
  return { kind: "cost", name, unit, form, of };
}

function samplesPerSecond({ stepMs, history }: CellRun): number | undefined {
  const last = history.at(-1);
  if (last === undefined || stepMs === undefined) return undefined;
  return ((last.samples / last.step) * 1000) / stepMs;
}
