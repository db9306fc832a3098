import { sidesOf } from "../../ir/kernel/engines/attend-back.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { refusedLanes } from "./refusals.ts";

/**
 * Measured on a software adapter of 8 lanes, 197 tokens of width 64: 16 rows run 1.2 times as fast as 8, as
 * their loads serve more of them; 32 are no faster and take 20 s to compile.
 */
const numbers = {
  rows: [4, 8, 16],
  /** What tuning tries. */
  tuning: [4, 8, 16],
  /** Work from which a software device is given 8 and 16 rows; below the first it takes another schedule. */
  softwareFlops: { least: 4e6, eightRows: 3e7, sixteenRows: 1e8 },
  lanes: { least: 4, most: 64 },
  /** Columns of all results in registers. */
  columns: 256,
};

/** Tiles of queries, or of keys, per subgroup; scores and their slopes are exchanged by broadcast. */
export const attendBackBroadcast: Schedule<"attend-back-broadcast"> = {
  name: "attend-back-broadcast",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    const lanes = profile.subgroupSize;
    const refused = refusedLanes(profile, numbers.lanes);
    if (refused !== undefined) return refused;
    const [inner, values] = [extentOfAll(engine.inner), extentOfAll(engine.valueAxes)];
    if (inner + (engine.side === "keys" ? values : 0) > numbers.columns) {
      return { because: "its rows of results are too long for registers" };
    }
    const { rows: own, others } = sidesOf(engine);
    const [rows, batch] = [extentOfAll(own), extentOfAll(engine.batch)];
    if (extentOfAll(others) === 0) return { because: "it has nothing to sum over" };
    if (batch > profile.maxComputeWorkgroupsPerDimension) {
      return { because: "it has more heads than the device dispatches along one dimension" };
    }
    const flops = 4 * batch * rows * extentOfAll(others) * (inner + values);
    const { least, eightRows, sixteenRows } = numbers.softwareFlops;
    if (given === undefined && profile.isSoftware && flops < least) {
      return { because: "it is too small to repay its compilation on a software device" };
    }
    // On a GPU more rows of results than these leave the registers: not measured.
    const most = profile.isSoftware && flops >= sixteenRows ? 16 : 8;
    const worth = profile.isSoftware && flops < eightRows ? 4 : most;
    const tile = given?.rows ?? Math.min(worth, numbers.rows.find((size) => rows <= size) ?? worth);
    return {
      kernel,
      nest: { kind: "attend-back-broadcast", lanes, rows: tile },
      workgroupSize: lanes,
      workgroups: rows === 0 || batch === 0 ? [0, 0, 0] : [Math.ceil(rows / tile), 1, batch],
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
