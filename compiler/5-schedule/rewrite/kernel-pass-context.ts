import type { DeviceProfile } from "../../ir/device-profile.ts";
import { rememberedReads } from "../../ir/kernel/kernel-tensors.ts";
import type { KernelPassContext } from "../kernel-program/kernel-pass.ts";
import { quantizedGroup } from "./quantize-weights.ts";

interface Asked {
  readonly profile: DeviceProfile;
  readonly quantize?: "int8" | "int4" | undefined;
}

/** What passes go by. Weights get scales, which are tensors too: fusion leaves room for some of them. */
export function kernelPassContext({ profile, quantize }: Asked): KernelPassContext {
  const all = profile.maxStorageBuffersPerShaderStage;
  const readsOf = rememberedReads();
  if (quantize === undefined) return { profile, maxTensors: all, quantization: undefined, readsOf };
  const storage = quantize === "int8" ? "i8" : "i4";
  const maxTensors = Math.max(Math.min(all, 6), all - 4);
  return { profile, maxTensors, quantization: { storage, group: quantizedGroup }, readsOf };
}
