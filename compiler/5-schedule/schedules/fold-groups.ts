import type { DeviceProfile } from "../../ir/device-profile.ts";

/** A count of workgroups as a grid that the device can dispatch: lines of `groupsPerLine`. */
export function foldGroups(
  groups: number,
  profile: DeviceProfile,
): { readonly workgroups: readonly [number, number, number]; readonly groupsPerLine: number } {
  const most = profile.maxComputeWorkgroupsPerDimension;
  if (groups <= most)
    return {
      workgroups: [groups, groups === 0 ? 0 : 1, groups === 0 ? 0 : 1],
      groupsPerLine: groups,
    };
  const lines = Math.ceil(groups / most);
  const groupsPerLine = Math.ceil(groups / lines);
  return { workgroups: [groupsPerLine, lines, 1], groupsPerLine };
}
