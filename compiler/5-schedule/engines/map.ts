import { map } from "../schedules/map.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";

export const mapScheduling: EngineScheduling<"map"> = {
  schedules: [map],
  tuning: undefined,
  packing: undefined,
};
