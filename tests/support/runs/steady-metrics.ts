import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The lines of a run's metrics without how fast it was, which is no matter of the run. */
export function steadyMetrics(run: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => {
    const { samplesPerSecond: _, idle: __, memory: ___, time: ____, ...steady } = JSON.parse(line);
    return steady;
  });
}
