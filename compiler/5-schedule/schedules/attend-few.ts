import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { refusedLanes } from "./refusals.ts";

const numbers = {
  /** More queries repay loading a tile of them, which attend-broadcast does. */
  queries: 4,
  /** Columns of the result in registers. */
  columns: 256,
  lanes: { least: 4, most: 64 },
  /** Below this a software device computes sooner what it compiles sooner. */
  softwareFlops: 1e5,
};

/**
 * All the queries of a generated token in one subgroup, which reads each key once and needs no barriers.
 * Measured on a software adapter of 8 lanes: 4 keys per lane and one group of `inner` at a time; more loads
 * in one body are slower to compile and to run.
 */
export const attendFew: Schedule<"attend-few"> = {
  name: "attend-few",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    if (engine.hasLogSum) return { because: "it also stores the logarithm of each row's sum" };
    const rows = extentOfAll(engine.queries);
    if (rows > numbers.queries) return { because: "it has more than a few queries" };
    const lanes = profile.subgroupSize;
    const refused = refusedLanes(profile, numbers.lanes);
    if (refused !== undefined) return refused;
    const columns = extentOfAll(engine.valueAxes);
    if (columns > numbers.columns) {
      return { because: "its rows of results are too long for registers" };
    }
    if (extentOfAll(engine.keys) === 0) return { because: "it has no keys" };
    const batch = extentOfAll(engine.batch);
    if (batch > profile.maxComputeWorkgroupsPerDimension) {
      return { because: "it has more heads than the device dispatches along one dimension" };
    }
    const widths = extentOfAll(engine.inner) + columns;
    const flops = 2 * batch * rows * extentOfAll(engine.keys) * widths;
    if (given === undefined && profile.isSoftware && flops < numbers.softwareFlops) {
      return { because: "it is too small to repay its compilation on a software device" };
    }
    return {
      kernel,
      nest: { kind: "attend-few", lanes, rows },
      workgroupSize: lanes,
      workgroups: rows === 0 || batch === 0 || columns === 0 ? [0, 0, 0] : [1, 1, batch],
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return [{}];
    },
    tile(nest, { rows }) {
      return { rows, columns: 1, loads: 1 / Math.max(1, nest.rows) + 1 / 4 };
    },
  },
};
