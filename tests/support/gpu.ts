import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import { waitFor } from "../../runtime/device/wait.ts";

export interface OpenGpu {
  readonly device: GPUDevice;
  readonly profile: DeviceProfile;
}

/** A device for tests of single kernels, opened without the runtime's choices and messages. */
export interface TestGpu extends OpenGpu {
  /** Dawn's instance: the device dies with it, so it is held as long. */
  readonly instance: GPU;
}

interface TestGpuOptions {
  /** Keep Dawn's index clamps and loop guards. */
  readonly robust?: boolean;
  /** `null` compiles without running. */
  readonly backend?: "null";
}

/** `undefined` where there is no adapter. */
export async function openTestGpu(options: TestGpuOptions = {}): Promise<TestGpu | undefined> {
  const { create } = await import("webgpu");
  const toggles = ["allow_unsafe_apis", "use_vulkan_memory_model", "vulkan_enable_f16_on_nvidia"];
  if (options.robust !== true) toggles.push("disable_robustness");
  const flags = [`enable-dawn-features=${toggles.join(",")}`];
  if (options.backend !== undefined) flags.push(`backend=${options.backend}`);
  const instance = create(flags);
  const adapter = await instance.requestAdapter();
  if (adapter === null) return undefined;
  const { limits, info } = adapter;
  const wanted = [
    "subgroups",
    "shader-f16",
    "chromium-experimental-subgroup-matrix",
  ] as GPUFeatureName[];
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(
      [
        "maxStorageBufferBindingSize",
        "maxBufferSize",
        "maxStorageBuffersPerShaderStage",
        "maxImmediateSize",
      ].flatMap((name) => {
        const limit = limits[name as keyof GPUSupportedLimits];
        return typeof limit === "number" ? [[name, limit]] : [];
      }),
    ),
  });
  const isFixed = info.subgroupMinSize === info.subgroupMaxSize;
  const profile: DeviceProfile = {
    ...portableProfile,
    name: info.description || info.device,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    subgroupSize: device.features.has("subgroups") && isFixed ? info.subgroupMinSize : 0,
    hasF16: device.features.has("shader-f16"),
    isSoftware: /llvmpipe|swiftshader/i.test(`${info.description} ${info.device}`),
  };
  return { device, profile, instance };
}

/** The bytes of a buffer, waited for without burning the core that a software adapter needs. */
export async function readBuffer(gpu: OpenGpu, source: GPUBuffer): Promise<ArrayBuffer> {
  const { device } = gpu;
  const staging = device.createBuffer({ size: source.size, usage: 0x1 | 0x8 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
  device.queue.submit([encoder.finish()]);
  await waitFor(staging.mapAsync(0x1));
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}
