import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import { exitCode, Failure } from "../failure.ts";
import { type FoundTable, readTunedFile } from "./tuned-file.ts";

/**
 * The profile of a device with what `weft bench --tune` measured on it: the table in the cache folder, the
 * file that `source` names, or nothing for `none`. What cannot be used is left out; `tunedRemark` says so.
 */
export function tunedProfile(device: Device, source?: string): DeviceProfile {
  const profile = deviceProfile(device);
  const found = findTuned(device, source);
  if (found === undefined || "problem" in found) return profile;
  // Without choices the profile is what it would be without a table, and so are the programs kept for it.
  return Object.keys(found.table).length === 0 ? profile : { ...profile, tuned: found.table };
}

/** What people are told of the table; `undefined` where there is none. */
export function tunedRemark(
  device: Device,
  source?: string,
): { readonly count: number; readonly path: string } | { readonly warning: string } | undefined {
  const found = findTuned(device, source);
  if (found === undefined) return undefined;
  const { path } = found;
  if ("problem" in found)
    return { warning: `the tuned table \`${path}\` is not used: ${found.problem}` };
  return { count: Object.keys(found.table).length, path };
}

function findTuned(device: Device, source: string | undefined): FoundTable | undefined {
  if (source === "none") return undefined;
  const found = readTunedFile(device, source);
  if (found === undefined && source !== undefined) {
    const hint = "`weft bench --tune` makes one; `--tuned none` goes without";
    throw new Failure(exitCode.input, "file-missing", `there is no file \`${source}\``, hint);
  }
  return found;
}
