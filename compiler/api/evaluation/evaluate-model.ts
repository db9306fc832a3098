import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { evaluateClasses } from "./evaluate-classes.ts";
import { evaluateClips } from "./evaluate-clips.ts";
import { evaluateProbe } from "./evaluate-probe.ts";
import { evaluateRegions } from "./evaluate-regions.ts";
import { evaluateRetrieval } from "./evaluate-retrieval.ts";
import { evaluateTexts } from "./evaluate-texts.ts";
import { evaluateThroughput } from "./evaluate-throughput.ts";
import { evaluateVideos } from "./evaluate-videos.ts";
import type { EmbeddingRequest, EvaluationRequest, TimingRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Runs a model through a task and scores what it gives. */
export async function evaluateModel(
  task: Task,
  request: EvaluationRequest & EmbeddingRequest & TimingRequest,
): Promise<ScoredFiles> {
  switch (task.kind) {
    case "text":
      return evaluateTexts(task, request);
    case "retrieval":
      return evaluateRetrieval(task, request);
    case "classes":
      return evaluateClasses(task, request);
    case "probe":
      return evaluateProbe(task, request);
    case "clips":
      return evaluateClips(task, request);
    case "videos":
      return evaluateVideos(task, request);
    case "regions":
      return evaluateRegions(task, request);
    case "throughput":
      return evaluateThroughput(task, request);
  }
}
