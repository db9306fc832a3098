import { measureLoss } from "./measure-loss.ts";
import { measureRetrieval } from "./measure-retrieval.ts";
import type { MeasureTask } from "./measure-task.ts";

/** Every evaluation that studies can run, by the name that `measure` calls it by. */
export const measureTasks: ReadonlyMap<string, MeasureTask> = new Map<string, MeasureTask>([
  ["loss", measureLoss],
  ["retrieval", measureRetrieval],
]);
