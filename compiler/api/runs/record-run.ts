import { RuntimeFault } from "../../../runtime/faults.ts";
import { lineOf } from "../../../runtime/train/step-metrics.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { metricsOf } from "./read-metrics.ts";
import { reportRun } from "./report-run.ts";
import { EventFile } from "./tensorboard/event-file.ts";

/**
 * Events of a run as they are, while what is made of its metrics is made: the file for TensorBoard with each step, charts and
 * report with each checkpoint and at the end, however that comes. What the disk does not take of it is a warning, once: it can be
 * made again, and the run goes on.
 */
export async function* recordRun(
  run: string,
  watches: readonly string[],
  events: AsyncIterable<TrainEvent>,
): AsyncGenerator<TrainEvent> {
  const file = new EventFile(run);
  const report = new PacedReport(run);
  let isRefused = false;
  const attempt = (action: () => void): readonly TrainEvent[] => {
    try {
      action();
      return [];
    } catch (error) {
      if (!(error instanceof RuntimeFault)) throw error;
      if (isRefused) return [];
      isRefused = true;
      return [{ kind: "warning", message: `the report is not up to date: ${error.message}` }];
    }
  };
  try {
    for await (const event of events) {
      if (event.kind === "step") {
        report.isDue = true;
        yield* attempt(() => file.note(metricsOf(lineOf(event, watches))));
      } else if (event.kind === "held_out") {
        const { step, loss, watches: watched } = event;
        yield* attempt(() => file.note(metricsOf({ step, held_out: { loss, watches: watched } })));
      } else if (event.kind === "checkpoint") yield* attempt(() => report.makeIfCheap());
      yield event;
    }
  } finally {
    attempt(() => report.make());
  }
}

/** Charts and report of a run that takes longer and longer to read: that is never more than a small share of the time. */
class PacedReport {
  readonly #run: string;
  #notBefore = 0;
  /** Whether there is anything new. */
  isDue = false;

  constructor(run: string) {
    this.#run = run;
  }

  makeIfCheap(): void {
    if (performance.now() >= this.#notBefore) this.make();
  }

  make(): void {
    if (!this.isDue) return;
    const from = performance.now();
    reportRun(this.#run);
    const to = performance.now();
    this.#notBefore = to + timesLonger * (to - from);
    this.isDue = false;
  }
}

/** As long is the pause between two reports beside what one of them takes. */
const timesLonger = 50;
