import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { Device } from "./device.ts";

/** Reads the profile off an open device. */
export function deviceProfile(device: Device): DeviceProfile {
  const { limits } = device.gpu;
  const { info } = device.adapter;
  const hasFixedSubgroups =
    device.features.has("subgroups") && info.subgroupMinSize === info.subgroupMaxSize;
  return {
    name: device.name,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    subgroupSize: hasFixedSubgroups ? info.subgroupMinSize : 0,
    hasF16: device.features.has("shader-f16"),
    isSoftware: device.isSoftware,
  };
}
