import { scatter } from "../schedules/scatter.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";

export const scatterScheduling: EngineScheduling<"scatter"> = {
  schedules: [scatter],
  tuning: undefined,
  packing: undefined,
};
