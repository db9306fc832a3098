import type { Device } from "../device/device.ts";
import { PassTimer } from "../device/pass-timer.ts";
import type { DispatchRange, Executable, Immediates } from "./executable.ts";
import { type ClockBracket, relateClocks } from "./relate-clocks.ts";
import { stampDispatches } from "./stamp-dispatches.ts";
import { timestampStep } from "./timestamps.ts";

/** When something was at work, on the clock of `performance.now()`. */
interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** One run with all its dispatches, CPU and device on one clock. */
export interface RunTimeline extends Interval {
  readonly clock: "timestamps" | "wall";
  /** One per dispatch that ran, in order. None overlaps the one before. */
  readonly dispatches: readonly Interval[];
  /** How far the dispatches together may be off from the CPU's side. */
  readonly uncertaintyMs: number;
  /** Step of the device's clock in nanoseconds; 0 where it does not tell or was not asked. */
  readonly timestampStepNs: number;
}

/** Runs a range once and says when each of its dispatches ran. Its results stay on the device. */
export async function traceRun(
  executable: Executable,
  immediates: Immediates,
  range: DispatchRange,
): Promise<RunTimeline> {
  const timer = PassTimer.create(executable.device, range.to - range.from);
  if (timer === undefined) return traceByClock(executable, immediates, range);
  try {
    const around = await bracketEmptyPasses(executable.device, timer);
    const startMs = performance.now();
    const stamps = await stampDispatches(executable, timer, immediates, range);
    const endMs = performance.now();
    const [first, last] = [stamps[0], stamps.at(-1)];
    const common = { clock: "timestamps", startMs, endMs } as const;
    if (first === undefined || last === undefined)
      return { ...common, dispatches: [], uncertaintyMs: 0, timestampStepNs: 0 };
    const run = {
      cpuStartMs: startMs,
      cpuEndMs: endMs,
      deviceStartNs: first.begin,
      deviceEndNs: last.end,
    };
    const { toCpuMs, uncertaintyMs } = relateClocks([run, ...around]);
    const measured = stamps.map(({ begin, end }) => ({
      startMs: toCpuMs(begin),
      endMs: toCpuMs(end),
    }));
    return {
      ...common,
      dispatches: inOrder(measured, { startMs, endMs }),
      uncertaintyMs,
      timestampStepNs: timestampStep(stamps),
    };
  } finally {
    timer.dispose();
  }
}

/**
 * Stamps of a coarse clock lie up to one step beside the truth, and passes of some drivers begin before
 * the one before them has ended. A queue works in order and within the run, so this is what is drawn.
 */
export function inOrder(intervals: readonly Interval[], within: Interval): readonly Interval[] {
  let earliest = within.startMs;
  return intervals.map(({ startMs, endMs }) => {
    const start = Math.min(within.endMs, Math.max(earliest, startMs));
    earliest = Math.min(within.endMs, Math.max(start, endMs));
    return { startMs: start, endMs: earliest };
  });
}

const bracketCount = 8;

async function bracketEmptyPasses(device: Device, timer: PassTimer): Promise<ClockBracket[]> {
  const brackets: ClockBracket[] = [];
  for (let index = 0; index < bracketCount; index++) {
    const encoder = device.gpu.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: timer.writes(0) }).end();
    timer.resolve(encoder, 1);
    const commands = encoder.finish();
    const cpuStartMs = performance.now();
    device.gpu.queue.submit([commands]);
    const [stamps] = await timer.read(1);
    const cpuEndMs = performance.now();
    // A driver may leave out a pass that does nothing, and then its stamps say nothing.
    if (stamps === undefined || stamps.begin === 0n || stamps.end < stamps.begin) continue;
    brackets.push({ cpuStartMs, cpuEndMs, deviceStartNs: stamps.begin, deviceEndNs: stamps.end });
  }
  return brackets;
}

async function traceByClock(
  executable: Executable,
  immediates: Immediates,
  { from, to }: DispatchRange,
): Promise<RunTimeline> {
  const { device } = executable;
  const startMs = performance.now();
  const dispatches: Interval[] = [];
  for (let index = from; index < to; index++) {
    await executable.arrive(index);
    const encoder = device.gpu.createCommandEncoder();
    executable.encode(encoder, immediates, index, index + 1);
    const commands = encoder.finish();
    const submitMs = performance.now();
    device.gpu.queue.submit([commands]);
    await device.finish();
    dispatches.push({ startMs: submitMs, endMs: performance.now() });
  }
  return {
    clock: "wall",
    startMs,
    endMs: performance.now(),
    dispatches,
    uncertaintyMs: 0,
    timestampStepNs: 0,
  };
}
