import { newestCheckpoint } from "../../../../runtime/runs/recover-run.ts";
import { type MetricsLine, readMetrics } from "../../runs/read-metrics.ts";
import type { HistoryPoint } from "../study-results.ts";

/** Steps at the beginning whose time does not count: pipelines are made, caches are filled. */
const warmUpSteps = 2;

/** What a step says of its time. */
interface StepSpeed {
  readonly step: number;
  readonly samples: number;
  readonly samplesPerSecond: number;
  readonly idle: number;
}

/** Adds up the minutes of the device's work: without waiting for records, checkpoints, evaluations and the first steps. */
export class BusyClock {
  minutes = 0;
  samples = 0;

  note({ step, samples, samplesPerSecond: rate, idle }: StepSpeed): void {
    if (step > warmUpSteps && rate > 0)
      this.minutes += ((samples - this.samples) / rate / 60) * (1 - Math.min(1, idle));
    this.samples = samples;
  }
}

/** A line of metrics with what it stands for beside its numbers. */
interface CountedLine extends MetricsLine {
  readonly samples: number;
  readonly minutes: number;
}

/** The lines of a run, each with the minutes so far. */
export function countMinutes(
  lines: readonly MetricsLine[],
  clock = new BusyClock(),
): readonly CountedLine[] {
  return lines.map((line) => {
    const { samples = clock.samples, samplesPerSecond = 0, idle = 0 } = line.numbers;
    if (!line.isHeldOut) clock.note({ step: line.step, samples, samplesPerSecond, idle });
    return { ...line, samples: clock.samples, minutes: clock.minutes };
  });
}

/** The history of a run for reports; held-out records stand under `held_out` with the step that they were measured after. */
export function historyOf(
  lines: readonly CountedLine[],
  flopsPerStep: number,
): readonly HistoryPoint[] {
  const points: HistoryPoint[] = [];
  for (const { step, samples, minutes, numbers, watches, isHeldOut } of lines) {
    const own = { loss: numbers.loss ?? Number.NaN, ...watches };
    const last = points.at(-1);
    if (isHeldOut && last?.step === step) {
      const held = Object.entries(own).map(([name, value]) => [
        name === "loss" ? "held_out" : `held_out ${name}`,
        value,
      ]);
      points[points.length - 1] = {
        ...last,
        values: { ...last.values, ...Object.fromEntries(held) },
      };
    } else if (!isHeldOut) {
      points.push({ step, samples, flops: step * flopsPerStep, minutes, values: own });
    }
  }
  return points;
}

/** What a run has come to, by its files. */
interface RunNumbers {
  readonly steps: number;
  readonly samples: number;
  readonly minutes: number;
  /** The loss, and what is watched: see `lastValues`. */
  readonly values: Readonly<Record<string, number>>;
  /** SHA-256 of the newest checkpoint's files, by name. */
  readonly checkpoint: Readonly<Record<string, string>>;
}

export function runNumbers(run: string): RunNumbers {
  const lines = countMinutes(readMetrics(run));
  const last = lines.findLast(({ isHeldOut }) => !isHeldOut);
  const { checkpoint } = newestCheckpoint(run);
  const files = Object.entries(checkpoint?.files ?? {});
  return {
    steps: last?.step ?? 0,
    samples: last?.samples ?? 0,
    minutes: last?.minutes ?? 0,
    values: lastValues(lines),
    checkpoint: Object.fromEntries(files.map(([name, { sha256 }]) => [name, sha256])),
  };
}

/**
 * What a run is compared by: the loss of held-out records after its last step, and what is watched there, where there are any;
 * else the means over the last tenth of its steps, since one batch says little.
 */
function lastValues(lines: readonly MetricsLine[]): Readonly<Record<string, number>> {
  const steps = lines.filter(({ isHeldOut }) => !isHeldOut);
  const last = steps.at(-1)?.step ?? 0;
  const held = lines.findLast(({ isHeldOut, step }) => isHeldOut && step === last);
  if (held !== undefined) return { ...held.watches, loss: held.numbers.loss ?? Number.NaN };
  const own = steps.filter(({ step }) => step > last - Math.max(1, Math.floor(last / 10)));
  const names = ["loss", ...Object.keys(own.at(-1)?.watches ?? {})];
  const numberOf = ({ numbers, watches }: MetricsLine, name: string): number =>
    (name === "loss" ? numbers.loss : watches[name]) ?? Number.NaN;
  const means = names.map((name) => [
    name,
    own.reduce((sum, line) => sum + numberOf(line, name), 0) / own.length,
  ]);
  return Object.fromEntries(means);
}
