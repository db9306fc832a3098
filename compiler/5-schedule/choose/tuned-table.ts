import type { DeviceProfile, TunedChoice } from "../../ir/device-profile.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { schedulingOf } from "../engines/scheduling-registry.ts";

/** What the table of the device says of this kernel. */
export function tunedChoice(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  { tuned }: DeviceProfile,
): TunedChoice | undefined {
  if (tuned === undefined) return undefined;
  const key = tuningKey(kernel, tensors);
  return key === undefined || !Object.hasOwn(tuned, key) ? undefined : tuned[key];
}

/** Equal for kernels that one choice serves; `undefined` where nothing about them is worth measuring. */
export function tuningKey(
  { engine, stores }: Kernel,
  tensors: readonly KernelTensor[],
): string | undefined {
  const parts = schedulingOf(engine).tuning?.key(engine, tensors);
  if (parts === undefined) return undefined;
  const stored = stores.map(({ tensor }) => tensors[tensor]?.storage ?? "");
  return [...parts, `to ${[...new Set(stored)].toSorted().join("+")}`].join(" ");
}
