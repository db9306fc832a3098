import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { foldGroups } from "./fold-groups.ts";
import { rowVector } from "./shared-lane-loop.ts";

const numbers = {
  /** Where subgroups are unknown. */
  workgroupSize: 64,
};

/** One invocation walks each row. Accepts every row kernel. */
export const rowInvocation: Schedule<"row-invocation"> = {
  name: "row-invocation",
  apply(kernel, tensors, profile, packingOf) {
    const { engine } = kernel;
    const size =
      profile.isSoftware && profile.subgroupSize > 0 ? profile.subgroupSize : numbers.workgroupSize;
    const { workgroups, groupsPerLine } = foldGroups(
      Math.ceil(extentOfAll(engine.grid) / size),
      profile,
    );
    return {
      kernel,
      nest: {
        kind: "row-invocation",
        vector: rowVector(kernel, tensors, packingOf),
        groupsPerLine,
      },
      workgroupSize: size,
      workgroups,
      packings: [],
    };
  },
};
