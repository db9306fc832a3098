import { rowInvocation } from "../schedules/row-invocation.ts";
import { rowSubgroup } from "../schedules/row-subgroup.ts";
import { rowWorkgroup } from "../schedules/row-workgroup.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";

export const rowScheduling: EngineScheduling<"row"> = {
  schedules: [rowWorkgroup, rowSubgroup, rowInvocation],
  tuning: undefined,
  packing: undefined,
};
