import type { DeviceProfile, SubgroupMatrix } from "../../compiler/ir/device-profile.ts";
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
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    subgroupSize: hasFixedSubgroups ? info.subgroupMinSize : 0,
    hasF16: device.features.has("shader-f16"),
    isSoftware: device.isSoftware,
    subgroupMatrices: hasFixedSubgroups ? subgroupMatrices(device) : [],
  };
}

/** The binding's types do not have these yet. */
interface MatrixConfiguration {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

function subgroupMatrices(device: Device): readonly SubgroupMatrix[] {
  if (!device.features.has("chromium-experimental-subgroup-matrix")) return [];
  const info = device.adapter.info as { subgroupMatrixConfigs?: Iterable<MatrixConfiguration> };
  return [...(info.subgroupMatrixConfigs ?? [])].flatMap((listed) => {
    const { componentType: operand, resultComponentType: result, M, N, K } = listed;
    if (!isFloat(operand) || !isFloat(result)) return [];
    return [{ rows: M, columns: N, inner: K, operand, result }];
  });
}

function isFloat(type: string): type is "f16" | "f32" {
  return type === "f16" || type === "f32";
}
