import { bufferUsage, mapMode } from "../device/gpu-constants.ts";
import type { Executable, Immediates } from "./executable.ts";

export interface DispatchTime {
  readonly label: string;
  readonly kernel: string;
  readonly engine: string;
  readonly schedule: string;
  readonly places: readonly string[];
  readonly workgroups: readonly [number, number, number];
  /** Median over the runs. */
  readonly timeMs: number;
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface Profile {
  /** `timestamps` of the device, or the CPU's clock around a submit for each dispatch. */
  readonly clock: "timestamps" | "wall";
  readonly runs: number;
  /** Median of whole runs in one pass and one submit, without reading back. */
  readonly totalMs: number;
  readonly dispatches: readonly DispatchTime[];
}

/** Times every dispatch alone: one pass each, with timestamps where the device has them. */
export async function profileExecutable(
  executable: Executable,
  runs: number,
  immediates: Immediates,
): Promise<Profile> {
  // Drivers compile at the first dispatch, so the first run says nothing.
  await timeWholeRun(executable, immediates);
  const totals: number[] = [];
  for (let run = 0; run < runs; run++) totals.push(await timeWholeRun(executable, immediates));
  const hasTimestamps = executable.device.features.has("timestamp-query");
  const samples = Array.from({ length: executable.dispatchCount }, () => [] as number[]);
  const timer = hasTimestamps ? createTimer(executable) : undefined;
  for (let run = 0; run < runs; run++) {
    const times =
      timer === undefined ? await timeByClock(executable, immediates) : await timer.run(immediates);
    times.forEach((time, index) => {
      samples[index]?.push(time);
    });
  }
  timer?.dispose();
  const { program } = executable;
  return {
    clock: hasTimestamps ? "timestamps" : "wall",
    runs,
    totalMs: median(totals),
    dispatches: program.dispatches.map((dispatch, index) => ({
      label: dispatch.label,
      kernel: program.kernels[dispatch.kernel]?.name ?? "",
      engine: program.kernels[dispatch.kernel]?.engine ?? "",
      schedule: program.kernels[dispatch.kernel]?.schedule ?? "",
      places: dispatch.places,
      workgroups: dispatch.workgroups,
      timeMs: median(samples[index] ?? []),
      flops: dispatch.flops,
      bytesRead: dispatch.bytesRead,
      bytesWritten: dispatch.bytesWritten,
    })),
  };
}

async function timeWholeRun(executable: Executable, immediates: Immediates): Promise<number> {
  return timeSubmit(executable, immediates, 0, executable.dispatchCount);
}

async function timeByClock(executable: Executable, immediates: Immediates): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < executable.dispatchCount; index++) {
    times.push(await timeSubmit(executable, immediates, index, index + 1));
  }
  return times;
}

async function timeSubmit(
  executable: Executable,
  immediates: Immediates,
  from: number,
  to: number,
): Promise<number> {
  const { device } = executable;
  const encoder = device.gpu.createCommandEncoder();
  executable.encode(encoder, immediates, from, to);
  const commands = encoder.finish();
  const start = performance.now();
  device.gpu.queue.submit([commands]);
  await device.finish();
  return performance.now() - start;
}

/** A set of timestamps holds at most 4096. */
const dispatchesPerSet = 2048;

function createTimer(executable: Executable): {
  run(immediates: Immediates): Promise<number[]>;
  dispose(): void;
} {
  const { device } = executable;
  const count = Math.min(dispatchesPerSet, Math.max(1, executable.dispatchCount));
  const bytes = count * 16;
  const querySet = device.gpu.createQuerySet({ type: "timestamp", count: count * 2 });
  const resolved = device.gpu.createBuffer({
    size: bytes,
    usage: bufferUsage.queryResolve | bufferUsage.copySource,
  });
  const staging = device.gpu.createBuffer({
    size: bytes,
    usage: bufferUsage.mapRead | bufferUsage.copyTarget,
  });
  const timeRange = async (immediates: Immediates, from: number, to: number): Promise<number[]> => {
    const encoder = device.gpu.createCommandEncoder();
    for (let index = from; index < to; index++) {
      const first = (index - from) * 2;
      executable.encode(encoder, immediates, index, index + 1, {
        querySet,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      });
    }
    encoder.resolveQuerySet(querySet, 0, (to - from) * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.gpu.queue.submit([encoder.finish()]);
    await device.wait(staging.mapAsync(mapMode.read));
    const stamps = new BigUint64Array(staging.getMappedRange()).slice();
    staging.unmap();
    const between = (index: number) =>
      Number((stamps[index * 2 + 1] ?? 0n) - (stamps[index * 2] ?? 0n)) / 1e6;
    return Array.from({ length: to - from }, (_, index) => Math.max(0, between(index)));
  };
  return {
    async run(immediates) {
      const times: number[] = [];
      for (let from = 0; from < executable.dispatchCount; from += count) {
        times.push(
          ...(await timeRange(immediates, from, Math.min(from + count, executable.dispatchCount))),
        );
      }
      return times;
    },
    dispose() {
      querySet.destroy();
      resolved.destroy();
      staging.destroy();
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
