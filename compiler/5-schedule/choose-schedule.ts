import { InternalError } from "../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { Engine, Kernel, KernelTensor } from "../ir/kernel.ts";
import type { PackingOf, Schedule, ScheduledKernel } from "../ir/schedule.ts";
import { attendBroadcast } from "./schedules/attend-broadcast.ts";
import { attendDirect } from "./schedules/attend-direct.ts";
import { attendFew } from "./schedules/attend-few.ts";
import { attendSplit } from "./schedules/attend-split.ts";
import { attendTiled } from "./schedules/attend-tiled.ts";
import { contractBroadcast } from "./schedules/contract-broadcast.ts";
import { contractDirect } from "./schedules/contract-direct.ts";
import { contractSubgroupMatrix } from "./schedules/contract-subgroup-matrix.ts";
import { contractTiled } from "./schedules/contract-tiled.ts";
import { contractVector } from "./schedules/contract-vector.ts";
import { map } from "./schedules/map.ts";
import { rowInvocation } from "./schedules/row-invocation.ts";
import { rowSubgroup } from "./schedules/row-subgroup.ts";
import { rowWorkgroup } from "./schedules/row-workgroup.ts";
import { scatter } from "./schedules/scatter.ts";

/** Takes the first schedule of the kernel's engine that accepts; the last of each list accepts everything. */
export function scheduleKernel(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  profile: DeviceProfile,
  packingOf: PackingOf,
): ScheduledKernel {
  const refusals: { schedule: string; because: string }[] = [];
  for (const schedule of schedules[kernel.engine.kind]) {
    const result = schedule.apply(kernel, tensors, profile, packingOf);
    if (!("because" in result)) return { ...result, schedule: schedule.name, refusals };
    refusals.push({ schedule: schedule.name, because: result.because });
  }
  throw new InternalError(
    `no schedule accepts ${kernel.name}: ${refusals.map(({ because }) => because).join("; ")}`,
  );
}

/** By engine, fastest first. */
export const schedules: Readonly<Record<Engine["kind"], readonly Schedule[]>> = {
  map: [map],
  row: [rowWorkgroup, rowSubgroup, rowInvocation],
  contract: [
    contractVector,
    contractSubgroupMatrix,
    contractTiled,
    contractBroadcast,
    contractDirect,
  ],
  attend: [attendSplit, attendFew, attendTiled, attendBroadcast, attendDirect],
  scatter: [scatter],
};
