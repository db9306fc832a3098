import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { fault } from "../../../runtime/faults.ts";
import { evaluateClasses } from "./evaluate-classes.ts";
import { evaluateRegions } from "./evaluate-regions.ts";
import { evaluateRetrieval } from "./evaluate-retrieval.ts";
import { evaluateTexts } from "./evaluate-texts.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Runs a model through a task and scores what it gives. */
export async function evaluateModel(
  task: Task,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  switch (task.kind) {
    case "text":
      return evaluateTexts(task, request);
    case "retrieval":
      return evaluateRetrieval(task, request);
    case "classes":
      return evaluateClasses(task, request);
    case "regions":
      return evaluateRegions(task, request);
    case "matrix":
      throw fault("eval-request", {
        reason: `\`${task.name}\` scores predictions that are there, and runs no model`,
        hint: "--predictions names them",
      });
  }
}
