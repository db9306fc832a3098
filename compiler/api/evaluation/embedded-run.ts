import { join } from "node:path";
import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { beginRun } from "../../../runtime/evaluate/written/run-record.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { sha256 } from "../load/digest.ts";
import type { Embeddings } from "./embed.ts";
import { modelIdentity } from "./evaluated-model.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";

interface EmbeddedRun {
  /** Writes embeddings by their names into the folder, if there is one. */
  readonly keep: (embeddings: Readonly<Record<string, Embeddings>>) => void;
  readonly end: () => void;
}

/** Takes the folder of a run that goes by embeddings, which the cache keeps, and says what it is of. */
export function beginEmbeddedRun(
  task: Task,
  { folder, model, limit, batch }: EvaluationRequest & EmbeddingRequest,
  what: { readonly mode: string; readonly protocol: unknown; readonly data: unknown },
  about: Readonly<Record<string, unknown>>,
): EmbeddedRun {
  if (folder === undefined) return { keep: () => {}, end: () => {} };
  const lock = lockRun(folder);
  try {
    const identity = {
      task: task.name,
      rule: task.rule,
      protocol: what.protocol,
      mode: what.mode,
      model: modelIdentity(model),
      data: sha256(JSON.stringify(what.data)),
      limit: limit ?? null,
      batch,
    };
    beginRun(folder, identity, { device: model.device.name, ...about });
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    keep(embeddings) {
      const tensors = Object.entries(embeddings).map(([name, { data, width }]) => {
        const shape = [width === 0 ? 0 : data.length / width, width];
        return [name, { element: "f32", shape, data }] as const;
      });
      writeSafetensors(join(folder, "embeddings.safetensors"), Object.fromEntries(tensors));
    },
    end: () => lock.release(),
  };
}
