import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { fault } from "../../../runtime/faults.ts";
import { type EvaluationRequest, evaluateTexts } from "./evaluate-texts.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Runs a model through a task and scores what it gives. */
export function evaluateModel(
  task: Task,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  if (task.kind === "text") return evaluateTexts(task, request);
  throw fault("eval-request", { reason: `\`${task.name}\` scores predictions only` });
}

interface EmbeddingRequest {
  readonly batch: number;
  readonly language: string;
  readonly dualSoftmax: boolean;
}
