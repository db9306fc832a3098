import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { refusedLanes } from "./refusals.ts";

/**
 * Measured on a software adapter of 8 lanes: each row costs compilation (16 rows take 2 s for 64 columns)
 * and saves loads (8 rows run at 3/4 of the speed of 16).
 */
const numbers = {
  rows: [4, 8, 16],
  /** What tuning tries. */
  tuning: [16, 8, 4, 32],
  /** Work from which a software device is given 8 and 16 rows; below the first it takes another schedule. */
  softwareFlops: { least: 4e6, eightRows: 3e7, sixteenRows: 1e8 },
  lanes: { least: 4, most: 64 },
  /** Columns of the result in registers: wider heads would spill all the time. */
  columns: 256,
};

/** Tiles of queries per subgroup, scores and weights exchanged by broadcast. */
export const attendBroadcast: Schedule<"attend-broadcast"> = {
  name: "attend-broadcast",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    const lanes = profile.subgroupSize;
    const refused = refusedLanes(profile, numbers.lanes);
    if (refused !== undefined) return refused;
    if (extentOfAll(engine.valueAxes) > numbers.columns) {
      return { because: "its rows of results are too long for registers" };
    }
    if (extentOfAll(engine.keys) === 0) return { because: "it has no keys" };
    const rows = extentOfAll(engine.queries);
    const batch = extentOfAll(engine.batch);
    const widths = extentOfAll(engine.inner) + extentOfAll(engine.valueAxes);
    const flops = 2 * batch * rows * extentOfAll(engine.keys) * widths;
    const { least, eightRows, sixteenRows } = numbers.softwareFlops;
    if (given === undefined && profile.isSoftware && flops < least) {
      return { because: "it is too small to repay its compilation on a software device" };
    }
    const worth = !profile.isSoftware || flops >= sixteenRows ? 16 : flops >= eightRows ? 8 : 4;
    const tile = given?.rows ?? Math.min(worth, numbers.rows.find((size) => rows <= size) ?? worth);
    if (batch > profile.maxComputeWorkgroupsPerDimension) {
      return { because: "it has more heads than the device dispatches along one dimension" };
    }
    const isEmpty = rows === 0 || batch === 0 || extentOfAll(engine.valueAxes) === 0;
    return {
      kernel,
      nest: { kind: "attend-broadcast", lanes, rows: tile },
      workgroupSize: lanes,
      workgroups: isEmpty ? [0, 0, 0] : [Math.ceil(rows / tile), 1, batch],
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return numbers.tuning.map((rows) => ({ rows }));
    },
    tile({ rows, lanes }) {
      const left = Math.ceil(rows / lanes) / (4 * rows);
      return { rows, columns: 1, loads: 1 / rows + left };
    },
  },
};
