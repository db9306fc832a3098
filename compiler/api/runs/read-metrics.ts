import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";
import { readText } from "../../../runtime/files/read-bytes.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { isRecord } from "../options/option-kinds.ts";

/** Numbers of a step by name; what was not finite is NaN, as JSON has no word for it. */
export interface MetricsLine {
  readonly step: number;
  readonly numbers: Readonly<Record<string, number>>;
  /** What the stage watches. */
  readonly watches: Readonly<Record<string, number>>;
  /** Of records that are not trained on. */
  readonly isHeldOut: boolean;
}

/**
 * The lines of a run's `metrics.jsonl`, in their order. A last line without an end is one that is being written.
 *
 * @throws {RuntimeFault} `run-damaged` where there is none, or a line has another form.
 */
export function readMetrics(run: string): readonly MetricsLine[] {
  const { metrics: path } = runPaths(run);
  if (!existsSync(path)) throw fault("run-damaged", { path: run, reason: "it has no metrics" });
  const lines = readText(path, largestMetrics).split("\n").slice(0, -1);
  return lines.map((line, n) => {
    const found = parseMetrics(line);
    if (found !== undefined) return found;
    throw fault("run-damaged", { path, reason: `line ${n + 1} is no metrics of a step` });
  });
}

/** One line; undefined where it has another form. */
function parseMetrics(line: string): MetricsLine | undefined {
  try {
    const found: unknown = JSON.parse(line);
    return isRecord(found) && typeof found.step === "number" ? metricsOf(found) : undefined;
  } catch {
    return undefined;
  }
}

/** What a line says. */
export function metricsOf(line: Readonly<Record<string, unknown>>): MetricsLine {
  const { step, held_out: heldOut } = line;
  const { watches, ...others } = isRecord(heldOut) ? heldOut : line;
  const { step: _, ...numbers } = numbersIn(others);
  return {
    step: typeof step === "number" ? step : Number.NaN,
    numbers,
    watches: isRecord(watches) ? numbersIn(watches) : {},
    isHeldOut: isRecord(heldOut),
  };
}

function numbersIn(record: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      if (typeof value === "number") return [[name, value]];
      return value === null ? [[name, Number.NaN]] : [];
    }),
  );
}

const largestMetrics = 1 << 29;
