import { join } from "node:path";
import type { TextItem } from "../../../runtime/evaluate/scores/text-item.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import {
  askerOf,
  promptOf,
  protocolOf,
  type TextProtocol,
} from "../../../runtime/evaluate/tasks/text-protocols.ts";
import type { TextTask } from "../../../runtime/evaluate/tasks/text-tasks.ts";
import type { PredictionLine } from "../../../runtime/evaluate/written/evaluation-folder.ts";
import { llavaAnswers } from "../../../runtime/evaluate/written/llava-answers.ts";
import { PredictionLog } from "../../../runtime/evaluate/written/prediction-log.ts";
import { beginRun } from "../../../runtime/evaluate/written/run-record.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import { promptTemplate } from "../generate/prompt-template.ts";
import { sha256 } from "../load/digest.ts";
import { type AskedItems, askedItems } from "./asked-items.ts";
import { modelIdentity } from "./evaluated-model.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import { pictureOfAnswers } from "./picture-of-answers.ts";
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
  const { items, absent, partial, prompts } = askedItems(task, request);
  const { folder, model } = request;
  const mode = request.mode ?? taskModes.text[0];
  const asker = askerOf(await promptTemplate({ ...model, mode }));
  const usual = protocolOf(task.asking, asker);
  const { beams = usual.beams, maxNewTokens = usual.maxNewTokens } = request;
  const minNewTokens = Math.min(usual.minNewTokens, maxNewTokens);
  const protocol = { ...usual, beams, minNewTokens, maxNewTokens };
  const promptFor = ({ id, question }: TextItem): string =>
    prompts?.get(id)?.text ?? promptOf(question, protocol);
  const lock = folder === undefined ? undefined : lockRun(folder);
  try {
    if (folder !== undefined) {
      const identity = {
        task: task.name,
        rule: task.rule,
        protocol,
        mode,
        model: modelIdentity(model),
        data: sha256(JSON.stringify(items.map((item) => [item, promptFor(item)]))),
        limit: request.limit ?? null,
      };
      const about = { device: model.device.name, items: items.length, absent: absent.size };
      beginRun(folder, identity, about);
    }
    const log = folder === undefined ? undefined : PredictionLog.open(folder);
    try {
      const asked = { items, absent, promptFor };
      const lines = await answerAll({ ...request, mode, protocol }, task, asked, log);
      const outputs = items.map(({ id }) => String(lines.get(id)?.output ?? ""));
      const heard = outputs.map((text) => task.heard?.(text, asker) ?? text);
      const scored = task.metric({ tokenizer: "ptb" })(items, heard);
      const answers = items.map((item, index) => ({
        questionId: prompts?.get(item.id)?.questionId ?? item.id,
        prompt: promptFor(item),
        text: outputs[index] ?? "",
      }));
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
        resultFiles: [
          ...task.result(items, heard, asker),
          ...(asker === "chat_c" ? [llavaAnswers(answers, model.model)] : []),
          ...(folder === undefined
            ? []
            : [await pictureOfAnswers(request.data, task.name, { items, outputs, scored })]),
        ],
      };
    } finally {
      log?.close();
    }
  } finally {
    lock?.release();
  }
}

interface Asked extends Pick<AskedItems, "items" | "absent"> {
  readonly promptFor: (item: TextItem) => string;
}

/** The lines of all items by id: those of the log, and those that are asked for now. */
async function answerAll(
  request: EvaluationRequest & { readonly mode: string; readonly protocol: TextProtocol },
  task: TextTask,
  { items, absent, promptFor }: Asked,
  log: PredictionLog | undefined,
): Promise<ReadonlyMap<string, PredictionLine>> {
  const lines = new Map(log?.done ?? []);
  const open = items.filter(({ id }) => !lines.has(id));
  if (open.length === 0) return lines;
  const { programs, mode, protocol, data, onProgress } = request;
  const answerer = await programs.answerer(mode, protocol);
  for (const item of open) {
    const { id, image } = item;
    const prompt = promptFor(item);
    const started = performance.now();
    const output = absent.has(id)
      ? ""
      : await answerer.answer(join(data, image), prompt, protocol.maxNewTokens);
    const ms = Math.round(performance.now() - started);
    const line = { task: task.name, id, input: { image, prompt }, output, ms };
    log?.append([line]);
    lines.set(id, line);
    onProgress?.(lines.size, items.length);
  }
  return lines;
}
