import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { rowVector, sharedLaneLoop } from "./shared-lane-loop.ts";

/** Not measured on a GPU: sizes that every device allows. */
const numbers = {
  workgroupSizes: [256, 64],
  /** Shorter rows leave invocations idle. */
  elementsPerInvocation: 4,
  /** With so many invocations in subgroups alone a GPU is busy, and subgroups need no barriers. */
  busy: 32768,
};

/** One workgroup walks each row and combines in shared memory: for rows that are long and few. */
export const rowWorkgroup: Schedule<"row-workgroup"> = {
  name: "row-workgroup",
  apply(kernel, tensors, profile, packingOf) {
    const { engine } = kernel;
    if (profile.isSoftware) return { because: "barriers are dear on a software device" };
    const length = extentOfAll(engine.lanes);
    const size = numbers.workgroupSizes.find(
      (candidate) =>
        candidate <= profile.maxComputeInvocationsPerWorkgroup &&
        candidate * numbers.elementsPerInvocation <= length,
    );
    if (size === undefined) return { because: "its rows are short" };
    const rows = extentOfAll(engine.grid);
    const lanes = profile.subgroupSize;
    if (lanes > 0 && (size <= lanes || rows * lanes >= numbers.busy)) {
      return { because: "its rows are enough for a subgroup each" };
    }
    const vector = rowVector(kernel, tensors, packingOf);
    return sharedLaneLoop("row-workgroup", kernel, { vector, workgroupSize: size }, profile);
  },
};
