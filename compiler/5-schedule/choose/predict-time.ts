import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { Engine, KernelTensor } from "../../ir/kernel/kernel.ts";
import { extentOfAll, rightsOf } from "../../ir/kernel/loop-axes.ts";
import type { ScheduledKernel } from "../../ir/schedule.ts";
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
 * Microseconds that a scheduled contraction or attention takes by a simple model: memory or arithmetic,
 * whichever takes longer, and the dispatch. Good enough to leave out the worst candidates, and printed
 * beside what was measured so that anyone can see how good.
 */
export function predictTime(
  scheduled: ScheduledKernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  rates: DeviceRates,
): number {
  const { kernel, nest, workgroups, workgroupSize } = scheduled;
  const work = workOf(kernel, tensors);
  const tile = tileOf(scheduled);
  const { rows, columns, leftShare } = gridOf(kernel.engine);
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
  const speed = nest.kind === "contract-subgroup-matrix" ? numbers.matrixSpeed : 1;
  // 1e9 a second are 1e3 a microsecond.
  const compute = (flops * (1 + tile.loads)) / (1e3 * rates.gflops * speed * Math.max(busy, 1e-3));
  const bytes = work.bytesRead * (1 + again / numbers.cacheSpeed) + work.bytesWritten;
  const memory = bytes / (1e3 * rates.gigabytesPerSecond);
  return Math.max(compute, memory) + rates.dispatchMicroseconds;
}

interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Time for loads in units of the multiply-adds that they feed. */
  readonly loads: number;
}

function tileOf({ kernel, nest, workgroupSize }: ScheduledKernel): Tile {
  const { loadCost, sharedLoadCost } = numbers;
  const { rows, columns } = gridOf(kernel.engine);
  switch (nest.kind) {
    case "contract-broadcast": {
      const left = Math.ceil(nest.rows / nest.lanes) / (4 * nest.rows);
      return { rows: nest.rows, columns: 4 * nest.lanes, loads: loadCost * (1 / nest.rows + left) };
    }
    case "contract-vector":
      return { rows, columns: 4, loads: loadCost * (1 / Math.max(1, rows) + 1 / 4) };
    case "contract-tiled":
    case "contract-subgroup-matrix": {
      const loads = sharedLoadCost * (1 / nest.own.rows + 1 / nest.own.columns) * 4;
      return { rows: nest.rows, columns: nest.columns, loads };
    }
    case "contract-direct":
      return { rows: 1, columns: nest.vector, loads: (loadCost * 8) / nest.vector };
    case "attend-broadcast": {
      const left = Math.ceil(nest.rows / nest.lanes) / (4 * nest.rows);
      return { rows: nest.rows, columns: 1, loads: loadCost * (1 / nest.rows + left) };
    }
    case "attend-tiled":
      return { rows: 8 * nest.rows, columns: 1, loads: sharedLoadCost * (1 / nest.rows + 1 / 4) };
    case "attend-few":
    case "attend-split":
      return { rows, columns: 1, loads: loadCost * (1 / Math.max(1, nest.rows) + 1 / 4) };
    case "attend-direct":
      return { rows: 1, columns: 1, loads: loadCost * 2 };
    default:
      return { rows: workgroupSize, columns, loads: 0 };
  }
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** How much of what is read is the operand of the rows. */
  readonly leftShare: number;
}

function gridOf(engine: Engine): Grid {
  if (engine.kind === "contract") {
    const [rows, columns] = [extentOfAll(engine.rows), extentOfAll(engine.columns)];
    const all = rows + columns * rightsOf(engine).length;
    return { rows, columns, leftShare: rows / Math.max(1, all) };
  }
  if (engine.kind === "attend") {
    const rows = extentOfAll(engine.queries);
    const all = rows + 2 * extentOfAll(engine.keys);
    return { rows, columns: 1, leftShare: rows / Math.max(1, all) };
  }
  return { rows: 1, columns: 1, leftShare: 0 };
}
