import type { Span, SpanCategory, SpanDetails, SpanSink } from "../../../runtime/execute/span.ts";
import { spanned } from "../../../runtime/execute/span.ts";
import type { RunTimeline } from "../../../runtime/execute/trace-run.ts";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import type { Artifact, Dispatch } from "../../artifact.ts";

/**
 * Collects what a command did and writes it in Chrome's trace format, which https://ui.perfetto.dev and
 * `chrome://tracing` show. All times are on the clock of the process, whose start is 0.
 */
export class TraceRecorder {
  readonly #spans: Span[] = [];
  readonly #runs: { readonly artifact: Artifact; readonly timeline: RunTimeline }[] = [];
  #device: string;

  /** `device` names the track of steps. */
  constructor(device = "device") {
    this.#device = device;
  }

  /** Of the steps of a long run the first are kept. */
  readonly sink: SpanSink = (span) => {
    if (this.#spans.length < mostSpans) this.#spans.push(span);
  };

  /** Does the work and keeps how long it took. */
  span<T>(category: SpanCategory, name: string, work: () => Promise<T> | T): Promise<T> {
    return spanned(this.sink, category, name, work);
  }

  /** A run with its dispatches, as `Session.trace` returns it. `device` names their track. */
  addRun(artifact: Artifact, timeline: RunTimeline, device: string): void {
    this.#device = device;
    this.#runs.push({ artifact, timeline });
  }

  write(path: string): void {
    writeAtomically(path, [Buffer.from(this.text())]);
  }

  text(): string {
    const lanes = new Lanes(firstPipelineTrack);
    const events = [
      ...this.#spans
        .toSorted((left, right) => left.startMs - right.startMs)
        .map((span) => eventOf(span, trackOf(span, lanes))),
      ...this.#runs.flatMap(({ artifact, timeline }) => eventsOfRun(artifact, timeline)),
    ].toSorted((left, right) => left.ts - right.ts || right.dur - left.dur);
    const names = [
      [mainTrack, "CPU"],
      [deviceTrack, this.#device],
      ...lanes.tracks.map((track) => [track, "pipelines being made"] as const),
    ] as const;
    const traceEvents = [
      nameEvent("process_name", mainTrack, "weft"),
      ...names.map(([track, name]) => nameEvent("thread_name", track, name)),
      ...events,
    ];
    return `${JSON.stringify({ displayTimeUnit: "ms", traceEvents })}\n`;
  }
}

/** A complete event of the format: times in microseconds. */
interface TraceEvent {
  readonly ph: "X";
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: SpanDetails;
}

const processNumber = 1;
const mainTrack = 1;
const deviceTrack = 2;
const firstPipelineTrack = 10;

/** As much as a viewer of traces opens without trouble: the waits and steps of 50,000. */
const mostSpans = 100_000;

function trackOf(span: Span, lanes: Lanes): number {
  if (span.category === "pipeline") return lanes.take(span);
  return span.category === "step" ? deviceTrack : mainTrack;
}

function nameEvent(name: string, tid: number, value: string) {
  return { ph: "M", pid: processNumber, tid, name, args: { name: value } };
}

function eventOf({ name, category, startMs, endMs, details }: Span, tid: number): TraceEvent {
  const ts = microseconds(startMs);
  const dur = Math.max(0, microseconds(endMs - ts / 1000));
  return { ph: "X", pid: processNumber, tid, name, cat: category, ts, dur, args: details ?? {} };
}

function eventsOfRun(artifact: Artifact, timeline: RunTimeline): readonly TraceEvent[] {
  const { clock, startMs, endMs, timestampStepNs, uncertaintyMs } = timeline;
  const details = { clock, timestampStepNs, uncertaintyUs: microseconds(uncertaintyMs) };
  const name = `${artifact.model}.${artifact.mode}`;
  const { dispatches, kernels } = artifact.program;
  const run = eventOf({ name, category: "run", startMs, endMs, details }, mainTrack);
  const own = timeline.dispatches.flatMap((interval, index) => {
    const dispatch = dispatches[index];
    if (dispatch === undefined) return [];
    const kernel = kernels[dispatch.kernel]?.name ?? "";
    const span = { name: dispatch.label, category: "run", ...interval } as const;
    return [
      {
        ...eventOf({ ...span, details: dispatchDetails(dispatch, kernel) }, deviceTrack),
        cat: "dispatch",
      },
    ];
  });
  return [run, ...own];
}

function dispatchDetails(dispatch: Dispatch, kernel: string): SpanDetails {
  const { part, places, workgroups, bytesRead, bytesWritten, flops } = dispatch;
  return {
    kernel,
    part,
    places,
    workgroups: workgroups.join(" x "),
    bytesRead,
    bytesWritten,
    flops,
  };
}

/** Thousandths of a microsecond are kept: a device's clock counts nanoseconds. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1000;
}

/** Work that overlaps is drawn on tracks of its own, as few as it takes. */
class Lanes {
  readonly #first: number;
  readonly #ends: number[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  get tracks(): readonly number[] {
    return this.#ends.map((_, lane) => this.#first + lane);
  }

  take({ startMs, endMs }: Span): number {
    const free = this.#ends.findIndex((end) => end <= startMs);
    const lane = free < 0 ? this.#ends.length : free;
    this.#ends[lane] = endMs;
    return this.#first + lane;
  }
}
