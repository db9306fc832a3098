import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";

/** Not measured on a GPU: sizes that every device allows. */
const numbers = {
  /** More queries repay tiles of them, which attend-tiled has. */
  queries: 4,
  /** Fewer keys leave most of a workgroup idle. */
  keys: 32,
  /** Columns of the result: four for each invocation of the smallest workgroup. */
  columns: 256,
  workgroupSizes: [256, 128, 64],
};

/** A workgroup for the few queries of a generated token, which share the keys among its invocations. */
export const attendSplit: Schedule<"attend-split"> = {
  name: "attend-split",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    if (profile.isSoftware) return { because: "barriers are dear on a software device" };
    if (engine.hasLogSum) return { because: "it also stores the logarithm of each row's sum" };
    const rows = extentOfAll(engine.queries);
    if (rows > numbers.queries) return { because: "it has more than a few queries" };
    const keys = extentOfAll(engine.keys);
    if (keys < numbers.keys) return { because: "it has few keys" };
    const columns = extentOfAll(engine.valueAxes);
    if (columns > numbers.columns) {
      return { because: "its rows of results are too long for a workgroup" };
    }
    const batch = extentOfAll(engine.batch);
    if (batch > profile.maxComputeWorkgroupsPerDimension) {
      return { because: "it has more heads than the device dispatches along one dimension" };
    }
    const most = profile.maxComputeInvocationsPerWorkgroup;
    const wanted = given?.invocations;
    const sizes = numbers.workgroupSizes.filter(
      (size) => size <= most && (wanted === undefined || size === wanted),
    );
    const size = sizes.find((candidate) => candidate <= keys) ?? sizes.at(-1);
    if (size === undefined) return { because: "the device has small workgroups" };
    return {
      kernel,
      nest: { kind: "attend-split", rows },
      workgroupSize: size,
      workgroups: rows === 0 || batch === 0 || columns === 0 ? [0, 0, 0] : [batch, 1, 1],
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return numbers.workgroupSizes.map((invocations) => ({ invocations }));
    },
    tile(nest, { rows }) {
      return { rows, columns: 1, loads: 1 / Math.max(1, nest.rows) + 1 / 4 };
    },
  },
};
