import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import type { EvaluationSubject } from "../../../runtime/evaluate/written/evaluation-document.ts";

interface Counts {
  readonly items: number;
  /** How many the set has without a limit. */
  readonly all: number;
  /** Items without a prediction. */
  readonly missing?: number;
}

/** What a table says of a task on so many items. */
export function subjectOf(
  { name, rule, unit }: Task,
  { items, all, missing = 0 }: Counts,
): EvaluationSubject {
  return { task: name, rule, unit, items, missing, partial: items < all };
}
