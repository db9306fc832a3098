import type { Task } from "../../../../runtime/evaluate/tasks/task-registry.ts";
import { beginRun } from "../../../../runtime/evaluate/written/run-record.ts";
import { lockRun } from "../../../../runtime/runs/run-lock.ts";
import { sha256 } from "../../load/digest.ts";
import { modelIdentity } from "../evaluated-model.ts";
import type { EmbeddingRequest, EvaluationRequest } from "../evaluation-request.ts";

interface RunContent {
  readonly mode: string;
  readonly protocol: unknown;
  /** All that was read of the data, as plain values. */
  readonly data: unknown;
}

/**
 * Takes the folder of a run, says in it what it is of, and gives it back when all is done. What such runs compute is in
 * the cache, so that one that was ended goes on with what is there.
 */
export async function inRun<T>(
  task: Task,
  { folder, model, limit, batch }: EvaluationRequest & EmbeddingRequest,
  { mode, protocol, data }: RunContent,
  about: Readonly<Record<string, unknown>>,
  action: () => Promise<T>,
): Promise<T> {
  if (folder === undefined) return action();
  const lock = lockRun(folder);
  try {
    const identity = {
      task: task.name,
      rule: task.rule,
      protocol,
      mode,
      model: modelIdentity(model),
      data: sha256(JSON.stringify(data)),
      limit: limit ?? null,
      batch,
    };
    beginRun(folder, identity, { device: model.device.name, ...about });
    return await action();
  } finally {
    lock.release();
  }
}
