import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { rowVector, sharedLaneLoop } from "./shared-lane-loop.ts";

const numbers = {
  /** A software device has no memory to coalesce: with this many rows per lane one invocation each is as fast. */
  softwareRowsPerLane: 8,
  /** Shorter rows leave lanes idle. */
  elementsPerLane: 4,
};

/** One subgroup walks each row, its lanes side by side. */
export const rowSubgroup: Schedule<"row-subgroup"> = {
  name: "row-subgroup",
  apply(kernel, tensors, profile, packingOf) {
    const { engine } = kernel;
    const lanes = profile.subgroupSize;
    if (lanes === 0) return { because: "the device has no subgroups of a fixed size" };
    const rows = extentOfAll(engine.grid);
    if (extentOfAll(engine.lanes) < lanes * numbers.elementsPerLane)
      return { because: "its rows are short" };
    if (profile.isSoftware && rows >= lanes * numbers.softwareRowsPerLane) {
      return { because: "a software device has enough rows for one invocation each" };
    }
    const vector = rowVector(kernel, tensors, packingOf);
    return sharedLaneLoop("row-subgroup", kernel, { vector, workgroupSize: lanes }, profile);
  },
};
