import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";

/** The two kinds of device that schedules tell apart, with nothing that only some of a kind have. */
export const software: DeviceProfile = {
  ...portableProfile,
  subgroupSize: 8,
  hasF16: true,
  isSoftware: true,
};
export const graphics: DeviceProfile = { ...portableProfile, subgroupSize: 32, hasF16: true };
