import { sidesOf } from "../../ir/kernel/engines/attend-back.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = { workgroupSize: 32 };

/** One invocation per query row or key, with private arrays. Accepts every way back on every device. */
export const attendBackDirect: Schedule<"attend-back-direct"> = {
  name: "attend-back-direct",
  apply(kernel, _tensors, profile) {
    const { engine } = kernel;
    const rows = extentOfAll(engine.batch) * extentOfAll(sidesOf(engine).rows);
    const { workgroups, groupsPerLine } = foldGroups(
      Math.ceil(rows / numbers.workgroupSize),
      profile,
    );
    return {
      kernel,
      nest: { kind: "attend-back-direct", groupsPerLine },
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
