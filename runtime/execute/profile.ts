import { PassTimer } from "../device/pass-timer.ts";
import type { DispatchRange, Executable, Immediates } from "./executable.ts";
import { stampDispatches } from "./stamp-dispatches.ts";
import { durationMs, median, timestampStep, typicalMs } from "./timestamps.ts";

export interface DispatchTime {
  readonly label: string;
  /** The part of the model that it serves first. */
  readonly part: string;
  /** Number of the kernel in the program: several may have one name. */
  readonly number: number;
  readonly kernel: string;
  readonly engine: string;
  readonly schedule: string;
  readonly places: readonly string[];
  readonly workgroups: readonly [number, number, number];
  /** Median over the runs; see Note [Coarse clocks] for what a coarse clock makes of it. */
  readonly timeMs: number;
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface Profile {
  /** `timestamps` of the device, or the CPU's clock around a submit for each dispatch. */
  readonly clock: "timestamps" | "wall";
  readonly runs: number;
  /** Median of whole runs in one pass and one submit, without reading back, from the submit to its end. */
  readonly totalMs: number;
  /** The same by the device's clock: without the way to the device and back. */
  readonly deviceMs: number | undefined;
  /** Step of the device's clock in nanoseconds; 0 where there is none. */
  readonly timestampStepNs: number;
  readonly dispatches: readonly DispatchTime[];
}

/** Times whole runs of a range, then every dispatch alone: one pass each, with timestamps where the device has them. */
export async function profileExecutable(
  executable: Executable,
  runs: number,
  immediates: Immediates,
  range: DispatchRange,
): Promise<Profile> {
  const timer = PassTimer.create(executable.device, range.to - range.from);
  try {
    // Drivers compile at the first dispatch, so the first run says nothing.
    await timeSubmit(executable, immediates, range);
    const work = { executable, runs, immediates, range };
    const totals = await timeWholeRuns(work, timer);
    const { samples, timestampStepNs } = await timeDispatches(work, timer);
    const { program } = executable;
    return {
      clock: timer === undefined ? "wall" : "timestamps",
      runs,
      totalMs: median(totals.map(({ wallMs }) => wallMs)),
      deviceMs: typicalIfAll(
        totals.map(({ deviceMs }) => deviceMs),
        timestampStepNs,
      ),
      timestampStepNs,
      dispatches: program.dispatches.slice(range.from, range.to).map((dispatch, index) => ({
        label: dispatch.label,
        part: dispatch.part,
        number: dispatch.kernel,
        kernel: program.kernels[dispatch.kernel]?.name ?? "",
        engine: program.kernels[dispatch.kernel]?.engine ?? "",
        schedule: program.kernels[dispatch.kernel]?.schedule ?? "",
        places: dispatch.places,
        workgroups: dispatch.workgroups,
        timeMs: typicalMs(samples[index] ?? [], timestampStepNs),
        flops: dispatch.flops,
        bytesRead: dispatch.bytesRead,
        bytesWritten: dispatch.bytesWritten,
      })),
    };
  } finally {
    timer?.dispose();
  }
}

/** Runs that wait for weights between their submits have no time on the device alone. */
function typicalIfAll(
  times: readonly (number | undefined)[],
  timestampStepNs: number,
): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length ? undefined : typicalMs(known, timestampStepNs);
}

interface WholeRun {
  readonly wallMs: number;
  readonly deviceMs: number | undefined;
}

interface Work {
  readonly executable: Executable;
  readonly runs: number;
  readonly immediates: Immediates;
  readonly range: DispatchRange;
}

async function timeWholeRuns(
  { executable, runs, immediates, range }: Work,
  timer: PassTimer | undefined,
): Promise<readonly WholeRun[]> {
  const times: WholeRun[] = [];
  for (let run = 0; run < runs; run++)
    times.push(await timeSubmit(executable, immediates, range, timer));
  return times;
}

/** For every dispatch its milliseconds in each run. */
async function timeDispatches(
  work: Work,
  timer: PassTimer | undefined,
): Promise<{ samples: readonly (readonly number[])[]; timestampStepNs: number }> {
  const { executable, runs, immediates, range } = work;
  const samples = Array.from({ length: range.to - range.from }, () => [] as number[]);
  const steps: number[] = [];
  for (let run = 0; run < runs; run++) {
    const stamps = timer && (await stampDispatches(executable, timer, immediates, range));
    const times = stamps?.map(durationMs) ?? (await timeByClock(work));
    times.forEach((time, index) => {
      samples[index]?.push(time);
    });
    if (stamps !== undefined) steps.push(timestampStep(stamps));
  }
  // A run with few dispatches may show a multiple of the step by chance; none shows less.
  const seen = steps.filter((step) => step > 0);
  return { samples, timestampStepNs: seen.length === 0 ? 0 : Math.min(...seen) };
}

async function timeByClock({ executable, immediates, range }: Work): Promise<number[]> {
  const times: number[] = [];
  for (let from = range.from; from < range.to; from++) {
    times.push((await timeSubmit(executable, immediates, { from, to: from + 1 })).wallMs);
  }
  return times;
}

async function timeSubmit(
  executable: Executable,
  immediates: Immediates,
  { from, to }: DispatchRange,
  timer?: PassTimer,
): Promise<WholeRun> {
  const { device } = executable;
  if (executable.segmentsIn({ from, to }).length > 1) {
    const start = performance.now();
    await executable.streamed?.run(immediates, { from, to });
    await device.finish();
    return { wallMs: performance.now() - start, deviceMs: undefined };
  }
  await executable.arrive(from);
  const encoder = device.gpu.createCommandEncoder();
  executable.encode(encoder, immediates, from, to, timer?.writes(0));
  timer?.resolve(encoder, 1);
  const commands = encoder.finish();
  const start = performance.now();
  device.gpu.queue.submit([commands]);
  await device.finish();
  const wallMs = performance.now() - start;
  const [stamps] = timer === undefined ? [] : await timer.read(1);
  return { wallMs, deviceMs: stamps && durationMs(stamps) };
}
