import { invariant } from "../../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { ScheduledKernel } from "../../ir/schedule.ts";
import { schedulesOf, schedulingOf } from "../engines/scheduling-registry.ts";
import { workOf } from "../kernel-program/kernel-work.ts";

/** What micro-kernels measured of the device. */
export interface DeviceRates {
  readonly gigabytesPerSecond: number;
  readonly gflops: number;
  readonly dispatchMicroseconds: number;
}

const numbers = {
  /** Multiply-adds of four elements in the time of one load of four elements. */
  loadCost: 2,
  /** The same for workgroup memory, in which tiles lie. */
  sharedLoadCost: 0.5,
  /** Matrix units against the multiply-add rate that was measured. */
  matrixSpeed: 4,
  /** What a tile reads again comes from caches, that many times faster than memory. */
  cacheSpeed: 8,
  /** Invocations that keep a device busy. */
  busy: { software: 32, hardware: 16384 },
};

/**
 * Microseconds that a scheduled kernel of a tuned engine takes by a simple model: memory or arithmetic,
 * whichever takes longer, and the dispatch. Good enough to leave out the worst candidates, and printed
 * beside what was measured so that anyone can see how good.
 */
export function predictTime(
  scheduled: ScheduledKernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  rates: DeviceRates,
): number {
  const { kernel, nest, schedule, workgroups, workgroupSize } = scheduled;
  const work = workOf(kernel, tensors);
  const grid = schedulingOf(kernel.engine).tuning?.grid(kernel.engine);
  const tile =
    grid &&
    schedulesOf(kernel.engine.kind)
      .find(({ name }) => name === schedule)
      ?.tuning?.tile(nest, grid);
  invariant(grid !== undefined && tile !== undefined, `${schedule} is not tuned`);
  const { rows, columns, leftShare } = grid;
  const rounded = (size: number, step: number): number =>
    (Math.ceil(size / step) * step) / Math.max(1, size);
  const flops = work.flops * rounded(rows, tile.rows) * rounded(columns, tile.columns);
  // The left operand is read for each column of tiles, the right one for each row of them.
  const again =
    leftShare * (Math.ceil(columns / tile.columns) - 1) +
    (1 - leftShare) * (Math.ceil(rows / tile.rows) - 1);
  const groups = workgroups[0] * workgroups[1] * workgroups[2];
  const wanted = profile.isSoftware ? numbers.busy.software : numbers.busy.hardware;
  const busy = Math.min(1, (groups * workgroupSize) / wanted);
  const speed = tile.usesMatrices === true ? numbers.matrixSpeed : 1;
  const loads = tile.loads * (tile.areShared === true ? numbers.sharedLoadCost : numbers.loadCost);
  // 1e9 a second are 1e3 a microsecond.
  const compute = (flops * (1 + loads)) / (1e3 * rates.gflops * speed * Math.max(busy, 1e-3));
  const bytes = work.bytesRead * (1 + again / numbers.cacheSpeed) + work.bytesWritten;
  const memory = bytes / (1e3 * rates.gigabytesPerSecond);
  return Math.max(compute, memory) + rates.dispatchMicroseconds;
}
