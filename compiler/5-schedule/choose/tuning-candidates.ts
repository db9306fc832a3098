import type { DeviceProfile, ScheduleChoice } from "../../ir/device-profile.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { ScheduledKernel } from "../../ir/schedule.ts";
import { schedulesOf } from "../engines/scheduling-registry.ts";
import { applyChoice, scheduleKernel } from "./choose-schedule.ts";
import { type DeviceRates, predictTime } from "./predict-time.ts";
import { tuningKey } from "./tuned-table.ts";

/** A way to run a kernel that tuning may measure. */
export interface TuningCandidate {
  /** `undefined`: what the schedules choose by themselves. */
  readonly choice: ScheduleChoice | undefined;
  readonly scheduled: ScheduledKernel;
  readonly predictedMicroseconds: number;
}

export interface TuningPlan {
  /** How many ways there are, before the model left out the worst. */
  readonly considered: number;
  /** What is to be measured, the schedules' own choice first, then by prediction. */
  readonly candidates: readonly TuningCandidate[];
}

export const tuningBounds = { considered: 12, measured: 4 };

/** The ways to run a kernel, at most 12, of which the model keeps at most 4 with the schedules' own choice. */
export function tuningCandidates(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  rates: DeviceRates,
): TuningPlan {
  const { tuned: _, ...plain } = profile;
  const undecided = () => undefined;
  const predicted = (choice: ScheduleChoice | undefined, scheduled: ScheduledKernel) => ({
    choice,
    scheduled,
    predictedMicroseconds: predictTime(scheduled, tensors, plain, rates),
  });
  const own = predicted(undefined, scheduleKernel(kernel, tensors, plain, undecided));
  const found = new Map<string, TuningCandidate>([[planOf(own.scheduled), own]]);
  for (const schedule of schedulesOf(kernel.engine.kind)) {
    for (const numbers of schedule.tuning?.candidates(kernel, plain) ?? []) {
      const choice = { schedule: schedule.name, numbers };
      const scheduled = applyChoice(kernel, tensors, plain, undecided, choice);
      if ("because" in scheduled || found.has(planOf(scheduled))) continue;
      if (found.size < tuningBounds.considered)
        found.set(planOf(scheduled), predicted(choice, scheduled));
    }
  }
  const others = [...found.values()]
    .slice(1)
    .toSorted((a, b) => a.predictedMicroseconds - b.predictedMicroseconds);
  return {
    considered: found.size,
    candidates: [own, ...others.slice(0, tuningBounds.measured - 1)],
  };
}

/** Equal for choices that come to the same text and dispatch. */
function planOf({ nest, workgroupSize, workgroups }: ScheduledKernel): string {
  return JSON.stringify([nest, workgroupSize, workgroups]);
}

/** Something that can be tuned: the first kernel of a program with this key, and how often the key occurs. */
export interface TuningTask {
  readonly key: string;
  readonly kernel: Kernel;
  readonly count: number;
}

/** Every distinct kernel of a program that is worth it, in the order of first use. */
export function tuningTasks({ kernels, tensors }: KernelProgram): readonly TuningTask[] {
  const tasks = new Map<string, TuningTask>();
  for (const kernel of kernels) {
    const key = tuningKey(kernel, tensors);
    if (key === undefined) continue;
    const known = tasks.get(key);
    tasks.set(key, { key, kernel: known?.kernel ?? kernel, count: 1 + (known?.count ?? 0) });
  }
  return [...tasks.values()];
}
