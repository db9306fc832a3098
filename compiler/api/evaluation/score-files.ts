import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import {
  ownReferences,
  type PairedTexts,
  pairTexts,
} from "../../../runtime/evaluate/given/pair-texts.ts";
import {
  scoreEmbeddings,
  scoreLabelMaps,
  scoreLogits,
  scoreMatrix,
} from "../../../runtime/evaluate/given/tensor-predictions.ts";
import { readGivenTexts } from "../../../runtime/evaluate/given/text-predictions.ts";
import type { CaptionTokenizer } from "../../../runtime/evaluate/scores/caption-scores.ts";
import type { Scored } from "../../../runtime/evaluate/tally.ts";
import type { Task, TensorTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import type { TextTask } from "../../../runtime/evaluate/tasks/text-tasks.ts";
import type { EvaluationSubject } from "../../../runtime/evaluate/written/evaluation-document.ts";
import type { PredictionLine } from "../../../runtime/evaluate/written/evaluation-folder.ts";
import type { WrittenFile } from "../../../runtime/evaluate/written/result-files.ts";
import { fault } from "../../../runtime/faults.ts";

/** Predictions that are there, and how they are scored. */
interface ScoreRequest {
  readonly predictions: string;
  /** A file or folder of the set's own layout; without it the predictions bring their references along. */
  readonly references?: string | undefined;
  readonly allowMissing: boolean;
  readonly captionTokenizer: CaptionTokenizer;
  readonly dualSoftmax: boolean;
  /** Of label maps, where they are not those of ADE20K. */
  readonly classes: number;
  readonly reduceZero: boolean;
}

export interface ScoredFiles {
  readonly subject: EvaluationSubject;
  readonly scored: Scored;
  readonly lines: readonly PredictionLine[];
  readonly resultFiles: readonly WrittenFile[];
}

/**
 * Scores files of predictions by the rule of a task.
 *
 * @throws {RuntimeFault} or {SeveralFaults} that name files and entries.
 */
export function scoreFiles(task: Task, request: ScoreRequest): ScoredFiles {
  if (task.kind === "text") return scoreTexts(task, request);
  if (task.kind === "throughput")
    throw fault("eval-request", {
      reason: `\`${task.name}\` runs a model`,
      hint: "`weft eval FILE --model M --weights W --task throughput`",
    });
  const scored = scoreTensors(task, request);
  const { name, rule, unit } = task;
  const items = scored.items.length;
  return {
    subject: { task: name, rule, unit, items, missing: 0, partial: false },
    scored,
    lines: scored.items.map(({ id }) => ({ task: name, id, input: {}, output: null })),
    resultFiles: [],
  };
}

function scoreTensors(task: TensorTask, request: ScoreRequest): Scored {
  switch (task.kind) {
    case "retrieval":
    case "videos":
      return scoreMatrix(request.predictions, request.dualSoftmax);
    case "classes":
    case "clips":
      return scoreEmbeddings(request.predictions);
    case "probe":
      return scoreLogits(request.predictions, task.shown);
    case "regions": {
      const { classes, reduceZero } = request;
      return scoreLabelMaps(request.predictions, { classes, ignored: 255, reduceZero });
    }
  }
}

function scoreTexts(task: TextTask, request: ScoreRequest): ScoredFiles {
  const findings = new Findings();
  const { items, outputs, missing } = pairOf(task, request, findings);
  findings.assertNone();
  const scored = task.metric({ tokenizer: request.captionTokenizer })(items, outputs);
  const { name, rule, unit } = task;
  return {
    subject: { task: name, rule, unit, items: items.length, missing, partial: false },
    scored,
    lines: items.map(({ id, question }, index) => ({
      task: name,
      id,
      input: question === "" ? {} : { question },
      output: outputs[index] ?? "",
    })),
    resultFiles: task.result(items, outputs),
  };
}

function pairOf(
  task: TextTask,
  { predictions: file, references, allowMissing }: ScoreRequest,
  findings: Findings,
): PairedTexts {
  if (references === undefined)
    return (
      task.sideBySide?.(file, findings) ?? ownReferences(readGivenTexts(file, findings), findings)
    );
  const items = task.layout.references(references, findings);
  const given = readGivenTexts(file, findings);
  findings.assertNone();
  const byOrder = task.byOrder === true;
  return pairTexts(given, items, { file, allowMissing, byOrder }, findings);
}
