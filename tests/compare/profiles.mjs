// The devices that steps are compiled for where none is asked.
import { join } from "node:path";
import { packageRoot } from "../../bin/build.mjs";

const { portableProfile } = await import(
  join(packageRoot, "dist", "compiler", "ir", "device-profile.js")
);

/** The least that every device has, and what a software device has. */
export const profiles = {
  portable: portableProfile,
  software: {
    ...portableProfile,
    name: "software",
    subgroupSize: 8,
    hasF16: true,
    isSoftware: true,
    maxStorageBuffersPerShaderStage: 16,
  },
};
