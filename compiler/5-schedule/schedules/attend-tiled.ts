import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";

/**
 * Not measured on a GPU: 64 invocations and less than the 16 KiB of shared memory that every device has, so
 * that several workgroups fit on a core.
 */
const numbers = {
  workgroupSize: 64,
  /** Queries of each invocation: as many as registers hold beside the sums, or one for few queries. */
  rows: { few: 1, many: 4 },
  /** What tuning tries. */
  tuning: [4, 2, 1],
  /** Four columns of every 32 stay in registers for each query. */
  columns: 128,
  /** Less does not fill one tile. */
  keys: 16,
  queries: 5,
};

/** Flash attention in workgroup memory, for devices with memory to share. */
export const attendTiled: Schedule<"attend-tiled"> = {
  name: "attend-tiled",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    if (profile.isSoftware) return { because: "barriers are dear on a software device" };
    const rows = extentOfAll(engine.queries);
    const keys = extentOfAll(engine.keys);
    const columns = extentOfAll(engine.valueAxes);
    const batch = extentOfAll(engine.batch);
    if (keys === 0) return { because: "it has no keys" };
    if (rows > 0 && (rows < numbers.queries || keys < numbers.keys)) {
      return { because: "it is too small to fill a tile" };
    }
    if (columns > numbers.columns) {
      return { because: "its rows of results are too long for registers" };
    }
    if (batch > profile.maxComputeWorkgroupsPerDimension) {
      return { because: "it has more heads than the device dispatches along one dimension" };
    }
    const own = given?.rows ?? (rows <= 8 ? numbers.rows.few : numbers.rows.many);
    const isEmpty = rows === 0 || batch === 0 || columns === 0;
    return {
      kernel,
      nest: { kind: "attend-tiled", rows: own },
      workgroupSize: numbers.workgroupSize,
      workgroups: isEmpty ? [0, 0, 0] : [Math.ceil(rows / (8 * own)), 1, batch],
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return numbers.tuning.map((rows) => ({ rows }));
    },
    tile({ rows }) {
      return { rows: 8 * rows, columns: 1, loads: 1 / rows + 1 / 4, areShared: true };
    },
  },
};
