import { InternalError } from "../../diagnostics/internal-error.ts";
import type { DeviceProfile, ScheduleChoice, ScheduleNumbers } from "../../ir/device-profile.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { PackingOf, ScheduledKernel } from "../../ir/schedule.ts";
import { schedulesOf } from "../engines/scheduling-registry.ts";
import { tunedChoice } from "./tuned-table.ts";

/**
 * A choice that was measured on this device goes first, then the first schedule of the kernel's engine that
 * accepts; the last of each list accepts everything.
 */
export function scheduleKernel(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  packingOf: PackingOf,
): ScheduledKernel {
  const refusals: { schedule: string; because: string }[] = [];
  const tuned = tunedChoice(kernel, tensors, profile);
  if (tuned !== undefined) {
    const result = applyChoice(kernel, tensors, profile, packingOf, tuned);
    if (!("because" in result)) return result;
    refusals.push({ schedule: "tuned table", because: result.because });
  }
  for (const schedule of schedulesOf(kernel.engine.kind)) {
    const result = schedule.apply(kernel, tensors, profile, packingOf);
    if (!("because" in result)) return { ...result, schedule: schedule.name, refusals };
    refusals.push({ schedule: schedule.name, because: result.because });
  }
  throw new InternalError(
    `no schedule accepts ${kernel.name}: ${refusals.map(({ because }) => because).join("; ")}`,
  );
}

/** A schedule with given numbers: one of its candidates, so that no table makes a kernel that was never tested. */
export function applyChoice(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  packingOf: PackingOf,
  choice: ScheduleChoice,
): ScheduledKernel | { readonly because: string } {
  const { schedule: name, numbers } = choice;
  const schedule = schedulesOf(kernel.engine.kind).find((own) => own.name === name);
  if (schedule === undefined) return { because: `there is no schedule ${name} any more` };
  const known = schedule.tuning?.candidates(kernel, profile) ?? [];
  if (!known.some((own) => isSame(own, numbers)))
    return { because: `${name} has no such numbers any more: ${numbersText(numbers)}` };
  const result = schedule.apply(kernel, tensors, profile, packingOf, numbers);
  if ("because" in result) return { because: `${name} refuses: ${result.because}` };
  return { ...result, schedule: name, refusals: [] };
}

/** `rows 16, unroll 1`. */
export function numbersText(numbers: ScheduleNumbers): string {
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function isSame(left: ScheduleNumbers, right: ScheduleNumbers): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
  );
}
