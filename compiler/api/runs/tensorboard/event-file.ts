import { appendFileSync } from "node:fs";
import { blaming, writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import { runPaths } from "../../../../runtime/runs/run-folder.ts";
import { type MetricsLine, readMetrics } from "../read-metrics.ts";
import { scalarRecord, versionRecord } from "./event-records.ts";

/** The last step in the file, and the last that was told. */
interface Progress {
  readonly written: number;
  readonly told: number;
}

/**
 * `events.tfevents` of a run, for TensorBoard: what `metrics.jsonl` says. It grows with the run, and is written anew where that
 * begins, or goes back to a checkpoint.
 */
export class EventFile {
  readonly #run: string;
  #at: Progress | undefined;

  constructor(run: string) {
    this.#run = run;
  }

  /**
   * Takes notice of a line that the metrics have.
   *
   * @throws {RuntimeFault} `file-unreadable`.
   */
  note(line: MetricsLine): void {
    const { step } = line;
    const isNew = this.#at !== undefined && (line.isHeldOut || step > this.#at.told);
    if (this.#at === undefined || !isNew) this.#at = { written: this.#writeAll(), told: step };
    else {
      if (step > this.#at.written || line.isHeldOut) this.#append(line);
      this.#at = { written: Math.max(step, this.#at.written), told: step };
    }
  }

  /** All that the metrics have. Gives the path. */
  writeAnew(): string {
    this.#writeAll();
    return runPaths(this.#run).events;
  }

  #append(line: MetricsLine): void {
    const { events: path } = runPaths(this.#run);
    blaming(path, () =>
      appendFileSync(path, recordOf(line, line.numbers.time ?? Date.now() / 1000)),
    );
  }

  /** Gives the last step of the metrics. */
  #writeAll(): number {
    const lines = readMetrics(this.#run);
    writeAtomically(runPaths(this.#run).events, recordsOf(lines));
    return lines.at(-1)?.step ?? 0;
  }
}

function* recordsOf(lines: readonly MetricsLine[]): Generator<Uint8Array> {
  const times = lines.flatMap(({ numbers: { time } }) => (time === undefined ? [] : [time]));
  let [time = 0] = times;
  yield versionRecord(time);
  for (const line of lines) {
    // Held-out records are looked at when the step before them has come back.
    time = line.numbers.time ?? time;
    yield recordOf(line, time);
  }
}

function recordOf({ step, numbers, watches, isHeldOut }: MetricsLine, time: number): Uint8Array {
  const { time: _, samples: __, ...shown } = numbers;
  const part = isHeldOut ? "held_out" : "training";
  const scalars = Object.entries({ ...shown, ...watches }).map(
    ([name, value]) => [`${part}/${name}`, value] as const,
  );
  return scalarRecord({ step, time, scalars: Object.fromEntries(scalars) });
}
