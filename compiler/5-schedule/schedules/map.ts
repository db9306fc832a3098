import { unflatten } from "../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { AccessPatterns, fourPositions } from "./access-pattern.ts";
import { foldGroups } from "./fold-groups.ts";

const numbers = {
  workgroupSize: 64,
  /** Scattered loads that an expression may have four times over, for the sake of its other accesses. */
  scatteredLoads: 4,
};

/** Elements on their own, four neighbours at a time where the stores lie together. */
export const map: Schedule<"map"> = {
  name: "map",
  apply(kernel, tensors, profile, packingOf) {
    const { engine, stores } = kernel;
    const total = extentOfAll(engine.grid);
    const positions = unflatten(engine.grid, fourPositions(engine.grid));
    const patterns = new AccessPatterns(tensors, packingOf);
    const loads = patterns.ofLoads(
      stores.map((store) => store.value),
      positions,
    );
    const isVector =
      total % 4 === 0 &&
      patterns.storesLieTogether(stores, positions) &&
      loads.apart <= numbers.scatteredLoads;
    const vector = isVector ? 4 : 1;
    const groups = Math.ceil(total / vector / numbers.workgroupSize);
    const { workgroups, groupsPerLine } = foldGroups(groups, profile);
    return {
      kernel,
      nest: { kind: "map", vector, groupsPerLine },
      workgroupSize: numbers.workgroupSize,
      workgroups,
      packings: [],
    };
  },
};
