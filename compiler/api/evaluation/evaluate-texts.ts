import { existsSync } from "node:fs";
import { join } from "node:path";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import type { TextItem } from "../../../runtime/evaluate/scores/text-item.ts";
import type { TextTask } from "../../../runtime/evaluate/tasks/text-tasks.ts";
import type { PredictionLine } from "../../../runtime/evaluate/written/evaluation-folder.ts";
import { PredictionLog } from "../../../runtime/evaluate/written/prediction-log.ts";
import { beginRun } from "../../../runtime/evaluate/written/run-record.ts";
import { fault } from "../../../runtime/faults.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import { sha256 } from "../load/digest.ts";
import { openAnswerer } from "./answer-texts.ts";
import { modelIdentity } from "./evaluated-model.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";

/**
 * Asks a model for a text per item and scores them. What the folder has already is not asked again.
 *
 * @throws {RuntimeFault} or {SeveralFaults} for what is wrong with the data, before the model is loaded.
 */
export async function evaluateTexts(
  task: TextTask,
  request: EvaluationRequest,
): Promise<ScoredFiles> {
  const { items, absent, partial } = itemsOf(task, request);
  const mode = request.mode ?? "caption";
  const protocol = { ...task.protocol, beams: request.beams ?? task.protocol.beams };
  const { folder } = request;
  const lock = folder === undefined ? undefined : lockRun(folder);
  try {
    if (folder !== undefined) {
      const identity = {
        task: task.name,
        rule: task.rule,
        protocol: mode === "chat" ? { ...protocol, beams: 1 } : protocol,
        mode,
        model: modelIdentity(request.model),
        data: sha256(JSON.stringify(items)),
        limit: request.limit ?? null,
      };
      const about = { device: request.model.device.name, items: items.length, absent: absent.size };
      beginRun(folder, identity, about);
    }
    const log = folder === undefined ? undefined : PredictionLog.open(folder);
    try {
      const lines = await answerAll({ ...request, mode, protocol }, task, { items, absent }, log);
      const outputs = items.map(({ id }) => String(lines.get(id)?.output ?? ""));
      const scored = task.metric({ tokenizer: "ptb" })(items, outputs);
      return {
        subject: {
          task: task.name,
          rule: task.rule,
          unit: task.unit,
          items: items.length,
          missing: absent.size,
          partial,
        },
        scored,
        lines: items.flatMap(({ id }) => lines.get(id) ?? []),
        resultFiles: task.result(items, outputs),
      };
    } finally {
      log?.close();
    }
  } finally {
    lock?.release();
  }
}

interface Asked {
  readonly items: readonly TextItem[];
  /** Ids of items whose image is not there; they are answered with nothing. */
  readonly absent: ReadonlySet<string>;
}

/** The items of the set, all looked at before any is asked. */
function itemsOf(
  task: TextTask,
  { data, limit, allowMissing }: EvaluationRequest,
): Asked & { readonly partial: boolean } {
  const findings = new Findings();
  const all = task.layout.read(data, findings);
  findings.assertNone();
  const units = [...new Set(all.map(({ unit }) => unit))];
  const taken = new Set(units.slice(0, limit));
  const items = all.filter(({ unit }) => taken.has(unit));
  const absent = new Set<string>();
  for (const { id, image } of items) {
    const path = join(data, image);
    if (existsSync(path)) continue;
    absent.add(id);
    const reason = "there is no such image";
    if (!allowMissing)
      findings.add(fault("data-wrong", { file: path, place: `item ${id}`, reason }));
  }
  findings.assertNone();
  return { items, absent, partial: taken.size < units.length };
}

/** The lines of all items by id: those of the log, and those that are asked for now. */
async function answerAll(
  request: EvaluationRequest & { readonly mode: string; readonly protocol: TextTask["protocol"] },
  task: TextTask,
  { items, absent }: Asked,
  log: PredictionLog | undefined,
): Promise<ReadonlyMap<string, PredictionLine>> {
  const lines = new Map(log?.done ?? []);
  const open = items.filter(({ id }) => !lines.has(id));
  if (open.length === 0) return lines;
  const { model, mode, protocol, data, onProgress } = request;
  const answerer = await openAnswerer(model, mode, protocol);
  try {
    for (const { id, image, question } of open) {
      const prompt =
        question === "" || protocol.suffix === ""
          ? question + protocol.suffix
          : `${question} ${protocol.suffix}`;
      const started = performance.now();
      const output = absent.has(id) ? "" : await answerer.answer(join(data, image), prompt);
      const ms = Math.round(performance.now() - started);
      const line = { task: task.name, id, input: { image, prompt }, output, ms };
      log?.append([line]);
      lines.set(id, line);
      onProgress?.(lines.size, items.length);
    }
    return lines;
  } finally {
    answerer.dispose();
  }
}
