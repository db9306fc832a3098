import {
  type Claim,
  isOwnerGone,
  type SilenceWatch,
  takeClaim,
} from "../../../../runtime/studies/claims.ts";
import { readTaskState, type StudyTask, settleTask } from "../folder/study-tasks.ts";
import type { HalvingRule } from "./halving.ts";

interface TakenTask {
  readonly task: StudyTask;
  readonly claim: Claim;
  /** The step to go to, where that is not the last. */
  readonly until: number | undefined;
}

/**
 * Takes the first task that nobody works on, or whose owner is gone. `"waits"` where all that are left are others' work,
 * undefined where none is left.
 */
export function takeTask(
  tasks: readonly StudyTask[],
  watch: SilenceWatch,
  halving: HalvingRule,
): TakenTask | "waits" | undefined {
  let isAnyLeft = false;
  for (const task of tasks) {
    const state = readTaskState(task);
    if (state.kind === "done") settleTask(task, state.result);
    if (state.kind !== "waiting" && state.kind !== "running") continue;
    const { attempt } = state.files;
    const { state: folder } = task.paths;
    const isFree =
      state.kind === "waiting" || isOwnerGone(folder, attempt) || watch.isSilent(folder, attempt);
    const next = isFree ? halving.next(task) : "waits";
    if (next === "stopped") continue;
    isAnyLeft = true;
    if (next === "waits") continue;
    const claim = takeClaim(folder, attempt + 1);
    if (claim !== undefined) return { task, claim, ...next };
  }
  return isAnyLeft ? "waits" : undefined;
}
