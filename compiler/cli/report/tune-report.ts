import { numbersText } from "../../5-schedule/choose/choose-schedule.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";
import type { ScheduleChoice } from "../../ir/device-profile.ts";
import type { MeasuredCandidate, TunedKernel } from "../../tune/tune-kernels.ts";

/** One tuned kernel as in `--json`. */
interface TuneReport {
  readonly key: string;
  readonly kernel: string;
  /** Kernels of the program with this key. */
  readonly count: number;
  readonly considered: number;
  readonly candidates: readonly {
    readonly schedule: string;
    readonly numbers: ScheduleChoice["numbers"] | null;
    readonly predictedMicroseconds: number;
    readonly microseconds: number | null;
    readonly isHeuristic: boolean;
    readonly isChosen: boolean;
  }[];
  /** Time of the schedules' own choice over that of the winner; 1 where that choice stays. */
  readonly gain: number;
}

export function tuneReport({ task, considered, candidates, winner }: TunedKernel): TuneReport {
  const [own] = candidates;
  return {
    key: task.key,
    kernel: task.kernel.name,
    count: task.count,
    considered,
    candidates: candidates.map((candidate) => ({
      schedule: candidate.scheduled.schedule,
      numbers: candidate.choice?.numbers ?? null,
      predictedMicroseconds: candidate.predictedMicroseconds,
      microseconds: candidate.microseconds ?? null,
      isHeuristic: candidate === own,
      isChosen: candidate === (winner ?? own),
    })),
    gain: winner === undefined ? 1 : ratio(own, winner),
  };
}

export function tuneText(kernels: readonly TunedKernel[], style: Style): string {
  return kernels.map((kernel) => kernelText(kernel, style)).join("\n");
}

function kernelText(tuned: TunedKernel, style: Style): string {
  const { task, considered, candidates, winner } = tuned;
  const [own] = candidates;
  const columns = [
    { title: "schedule" },
    { title: "numbers" },
    { title: "predicted", align: "right" },
    { title: "measured", align: "right" },
    { title: "speed", align: "right" },
    { title: "" },
  ] as const;
  const rows = candidates.map((candidate) => [
    candidate.scheduled.schedule,
    candidate.choice === undefined ? "its own" : numbersText(candidate.choice.numbers),
    formatTime(candidate.predictedMicroseconds / 1000),
    candidate.microseconds === undefined ? "-" : formatTime(candidate.microseconds / 1000),
    candidate.microseconds === undefined ? "-" : `${ratio(own, candidate).toFixed(2)}x`,
    candidate === (winner ?? own) ? "chosen" : "",
  ]);
  const times = task.count === 1 ? "" : `, ${task.count} kernels`;
  const title = style.colors.bold(`${task.kernel.name}: ${task.key}`);
  const gain =
    winner === undefined
      ? "the schedules' own choice stays"
      : `${((ratio(own, winner) - 1) * 100).toFixed(0)} % faster than the schedules' own choice`;
  return `${title} (${considered} candidates${times})\n${formatTable(columns, rows, style)}${gain}\n`;
}

function ratio(own: MeasuredCandidate | undefined, other: MeasuredCandidate): number {
  const { microseconds: before } = own ?? {};
  const { microseconds: after } = other;
  return before === undefined || after === undefined || after === 0 ? 1 : before / after;
}
