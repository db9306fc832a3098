import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = { workgroupSize: 64 };

/** One invocation per element of the target looks through all updates. Accepts every scatter. */
export const scatter: Schedule<"scatter"> = {
  name: "scatter",
  apply(kernel, _tensors, profile) {
    const { engine } = kernel;
    const groups = Math.ceil(extentOfAll(engine.grid) / numbers.workgroupSize);
    const { workgroups, groupsPerLine } = foldGroups(groups, profile);
    return {
      kernel,
      nest: { kind: "scatter", groupsPerLine },
      workgroupSize: numbers.workgroupSize,
      workgroups,
      packings: [],
    };
  },
};
