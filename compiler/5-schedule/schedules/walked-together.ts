import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { foldGroups } from "./fold-groups.ts";

type Applied = ReturnType<Schedule["apply"]>;

/** The schedule of one invocation per row, with a workgroup of its own for each row instead. */
export function walkedTogether(
  single: Applied,
  {
    kind,
    rows,
    workgroupSize,
  }: {
    readonly kind: "row-subgroup" | "row-workgroup";
    readonly rows: number;
    readonly workgroupSize: number;
  },
  profile: DeviceProfile,
): Applied {
  if ("because" in single || single.nest.kind !== "row-invocation")
    return { because: "it has no rows" };
  const { workgroups, groupsPerLine } = foldGroups(rows, profile);
  const nest = { kind, vector: single.nest.vector, groupsPerLine };
  return { ...single, nest, workgroupSize, workgroups };
}
