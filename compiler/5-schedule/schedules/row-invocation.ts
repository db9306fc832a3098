import { unflatten } from "../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { AccessPatterns, fourPositions } from "./access-pattern.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = {
  /** Where subgroups are unknown. */
  workgroupSize: 64,
};

/** One invocation walks each row. Accepts every row kernel. */
export const rowInvocation: Schedule = {
  name: "row-invocation",
  apply(kernel, tensors, profile, packingOf) {
    const { engine, stores } = kernel;
    if (engine.kind !== "row") return { because: "it has no rows" };
    const lanes = extentOfAll(engine.lanes);
    const positions = unflatten(engine.lanes, fourPositions(engine.lanes));
    const elementStores = stores.filter((store) => store.perRow !== true);
    const values = [
      ...engine.reductions.map((reduction) => reduction.value),
      ...elementStores.map((store) => store.value),
    ];
    const loads = new AccessPatterns(tensors, packingOf).ofLoads(values, positions);
    const isVector = lanes % 4 === 0 && loads.together > 0 && loads.apart === 0;
    const size =
      profile.isSoftware && profile.subgroupSize > 0 ? profile.subgroupSize : numbers.workgroupSize;
    const { workgroups, groupsPerLine } = foldGroups(
      Math.ceil(extentOfAll(engine.grid) / size),
      profile,
    );
    return {
      kernel,
      nest: { kind: "row-invocation", vector: isVector ? 4 : 1, groupsPerLine },
      workgroupSize: size,
      workgroups,
      packings: [],
    };
  },
};
