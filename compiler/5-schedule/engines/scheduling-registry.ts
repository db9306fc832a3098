import type { Engine, EngineKind } from "../../ir/kernel/engines/engine-registry.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { attendScheduling } from "./attend.ts";
import { attendBackScheduling } from "./attend-back.ts";
import { contractScheduling } from "./contract.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";
import { mapScheduling } from "./map.ts";
import { rowScheduling } from "./row.ts";
import { scatterScheduling } from "./scatter.ts";

/** A line for each engine: one that is forgotten does not compile. */
const schedulings: { readonly [K in EngineKind]: EngineScheduling<K> } = {
  map: mapScheduling,
  row: rowScheduling,
  contract: contractScheduling,
  attend: attendScheduling,
  "attend-back": attendBackScheduling,
  scatter: scatterScheduling,
};

/** What scheduling knows of an engine: the kind that it names is its own. */
export function schedulingOf({ kind }: Engine): EngineScheduling {
  return schedulings[kind];
}

/** All schedules of an engine, fastest first; the last one accepts everything. */
export function schedulesOf(kind: EngineKind): readonly Schedule[] {
  return schedulings[kind].schedules;
}
