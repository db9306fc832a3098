import type { Device } from "./device.ts";

/** What the compiler must know of a device; the same shape as the compiler's DeviceProfile. */
export interface DeviceProfile {
  readonly name: string;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly minStorageBufferOffsetAlignment: number;
  /** 0 where the device has no subgroups or their size is not fixed. */
  readonly subgroupSize: number;
  readonly hasF16: boolean;
  readonly isSoftware: boolean;
}

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
