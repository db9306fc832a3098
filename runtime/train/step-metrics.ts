import { memoryUsage } from "node:process";
import type { StepSpec } from "../../compiler/artifact.ts";
import type { SpanSink } from "../execute/span.ts";
import type { ScalarRow } from "./scalar-ring.ts";
import type { RunSpeed, RunState, StepMetrics } from "./train-events.ts";

/** The outputs of a step that are logged: the loss first. */
export function scalarNames({ outputs }: StepSpec): readonly string[] {
  const names = outputs.flatMap(({ name, shape }) => (shape.length === 0 ? [name] : []));
  return ["loss", ...names.filter((name) => name !== "loss")];
}

/** The numbers of steps that have come back. */
export function metricsOf(
  rows: readonly ScalarRow<RunState>[],
  names: readonly string[],
  meter: Meter,
): StepMetrics[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const rates = meter.rates(last.tag.samples);
  return rows.map(({ tag: { step, samples }, values }) => {
    const [loss = Number.NaN, ...others] = values;
    const scalars = Object.fromEntries(
      names.slice(1).map((name, n) => [name, others[n] ?? Number.NaN]),
    );
    return { step, samples, loss, scalars, ...rates };
  });
}

/** A line of `metrics.jsonl`. */
export function lineOf(
  { step, samples, loss, scalars, ...speed }: StepMetrics,
  watches: readonly string[],
): Readonly<Record<string, unknown>> {
  const all = Object.entries(scalars);
  const others = all.filter(([name]) => !watches.includes(name));
  const watched = Object.fromEntries(all.filter(([name]) => watches.includes(name)));
  return { step, samples, loss, watches: watched, ...Object.fromEntries(others), ...speed };
}

/** How fast a run goes between one look and the next, and what it takes. */
export class Meter {
  #samples: number;
  #at = performance.now();
  #waitedMs = 0;
  /** Steps that the device has and is not done with. */
  #underWay = 0;
  #doneAt = performance.now();

  readonly #onSpan: SpanSink | undefined;

  /** `onSpan` is told of what the device and the loop do. */
  constructor(samples: number, onSpan?: SpanSink) {
    this.#samples = samples;
    this.#onSpan = onSpan;
  }

  /** A step was given to the device, which is done with it when the promise is kept. */
  submitted(step: number, done: Promise<unknown>): void {
    const givenAt = performance.now();
    this.#underWay++;
    const end = (): void => {
      const endMs = performance.now();
      const startMs = Math.max(givenAt, this.#doneAt);
      this.#onSpan?.({ name: `step ${step}`, category: "step", startMs, endMs });
      this.#underWay--;
      this.#doneAt = endMs;
    };
    // Of a loss others tell.
    done.then(end, end);
  }

  /** The loop runs ahead of the device: that one waits from when it is done with all that it was given. */
  async waiting<T>(data: Promise<T>): Promise<T> {
    const startMs = performance.now();
    const found = await data;
    const endMs = performance.now();
    this.#onSpan?.({ name: "waiting for records", category: "train", startMs, endMs });
    if (this.#underWay === 0) this.#waitedMs += endMs - Math.max(startMs, this.#doneAt);
    return found;
  }

  /** What has passed since the last look was no time of steps. */
  skip(): void {
    this.#at = performance.now();
    this.#waitedMs = 0;
  }

  rates(samples: number): RunSpeed {
    const now = performance.now();
    const passedMs = Math.max(1e-3, now - this.#at);
    const rate = ((samples - this.#samples) * 1000) / passedMs;
    const idle = this.#waitedMs / passedMs;
    this.#samples = samples;
    this.#at = now;
    this.#waitedMs = 0;
    return {
      samplesPerSecond: Number(rate.toPrecision(4)),
      idle: Number(idle.toPrecision(3)),
      memory: memoryUsage.rss(),
      time: Math.round(Date.now() / 10) / 100,
    };
  }
}
