import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { AccessPatterns, fourPositions } from "./access-pattern.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = { workgroupSize: 64 };

/** One invocation per row and one or four columns. Accepts every contraction on every device. */
export const contractDirect: Schedule<"contract-direct"> = {
  name: "contract-direct",
  apply(kernel, tensors, profile, packingOf) {
    const { engine, stores } = kernel;
    const columns = extentOfAll(engine.columns);
    const positions = unflatten(engine.columns, fourPositions(engine.columns));
    const patterns = new AccessPatterns(tensors, packingOf);
    const right = patterns.ofLoads(rightsOf(engine), positions);
    const elements = stores.filter(({ perRow }) => perRow !== true);
    const isVector =
      columns % 4 === 0 && right.apart === 0 && patterns.storesLieTogether(elements, positions);
    const vector = isVector ? 4 : 1;
    const items = (extentOfAll(engine.batch) * extentOfAll(engine.rows) * columns) / vector;
    const { workgroups, groupsPerLine } = foldGroups(
      Math.ceil(items / numbers.workgroupSize),
      profile,
    );
    return {
      kernel,
      nest: { kind: "contract-direct", vector, groupsPerLine },
      workgroupSize: numbers.workgroupSize,
      workgroups,
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return [{}];
    },
    tile({ vector }) {
      return { rows: 1, columns: vector, loads: 8 / vector };
    },
  },
};
