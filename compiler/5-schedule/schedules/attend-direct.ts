import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = { workgroupSize: 32 };

/** One invocation per query row, with private arrays. Accepts every attention on every device. */
export const attendDirect: Schedule<"attend-direct"> = {
  name: "attend-direct",
  apply(kernel, _tensors, profile) {
    const { engine } = kernel;
    const rows = extentOfAll(engine.batch) * extentOfAll(engine.queries);
    const isEmpty = extentOfAll(engine.valueAxes) === 0;
    const groups = isEmpty ? 0 : Math.ceil(rows / numbers.workgroupSize);
    const { workgroups, groupsPerLine } = foldGroups(groups, profile);
    return {
      kernel,
      nest: { kind: "attend-direct", groupsPerLine },
      workgroupSize: numbers.workgroupSize,
      workgroups,
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return [{}];
    },
    tile() {
      return { rows: 1, columns: 1, loads: 2 };
    },
  },
};
