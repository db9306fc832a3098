import { join } from "node:path";
import { type Command, Option } from "commander";
import { type BootstrapOptions, usualBootstrap } from "../../../runtime/evaluate/bootstrap.ts";
import {
  type CaptionTokenizer,
  captionTokenizers,
} from "../../../runtime/evaluate/scores/caption-scores.ts";
import { findTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import {
  type EvaluationDocument,
  evaluationDocument,
} from "../../../runtime/evaluate/written/evaluation-document.ts";
import {
  evaluationPaths,
  writePredictions,
  writeScores,
  writeTextFile,
} from "../../../runtime/evaluate/written/evaluation-folder.ts";
import { type ScoredFiles, scoreFiles } from "../../api/evaluation/score-files.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import type { Host } from "../host.ts";
import { wholeNumber } from "../options/generation-options.ts";
import { parseCount } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { evaluationPage, evaluationTable } from "../report/evaluation-table.ts";
import { writeJson } from "../report/write-json.ts";

interface EvalOptions {
  readonly task: readonly string[];
  readonly predictions?: string;
  readonly references?: string;
  readonly allowMissing?: boolean;
  readonly captionTokenizer: CaptionTokenizer;
  readonly dualSoftmax?: boolean;
  readonly classes: string;
  readonly reduceZero: boolean;
  readonly draws: string;
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .option("--task <name>", "a task, as `docs/evaluation.md` lists them", several, [])
    .option("--predictions <file>", "score what is in this file, without a model")
    .option("--references <file>", "the annotations that the predictions belong to")
    .option("--allow-missing", "items without a prediction count as wrong")
    .addOption(
      new Option("--caption-tokenizer <name>", "how captions are cut into tokens")
        .choices([...captionTokenizers])
        .default("ptb"),
    )
    .option("--dual-softmax", "weight scores of retrieval by the softmax over the queries")
    .option("--classes <n>", "classes of label maps", "150")
    .option("--no-reduce-zero", "label 0 of label maps is a class like the others")
    .option(
      "--draws <n>",
      "draws of the bootstrap; 0 for no intervals",
      String(usualBootstrap.draws),
    )
    .option("--seed <s>", "the same seed draws the same units", "0")
    .option("--out <folder>", "write predictions, scores, table and result files")
    .option("--json", "one JSON document on stdout")
    .action((options: EvalOptions) => evaluate(options, host));
}

function evaluate(options: EvalOptions, host: Host): void {
  const { task: names, predictions } = options;
  const [name, ...others] = names;
  if (name === undefined || predictions === undefined || others.length > 0) {
    const message = "`weft eval` needs one --task and its --predictions";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  const found = scoreFiles(findTask(name), {
    predictions,
    references: options.references,
    allowMissing: options.allowMissing === true,
    captionTokenizer: options.captionTokenizer,
    dualSoftmax: options.dualSoftmax === true,
    classes: parseCount("--classes", options.classes),
    reduceZero: options.reduceZero,
  });
  const document = evaluationDocument(found.subject, found.scored, bootstrapOf(options));
  if (options.out !== undefined) writeFolder(options.out, found, document);
  if (options.json === true) writeJson(host, { tasks: [document] });
  else host.result(evaluationTable([document], host.resultStyle));
}

function bootstrapOf({ draws, seed }: EvalOptions): BootstrapOptions {
  return { draws: wholeNumber("--draws", draws), seed: wholeNumber("--seed", seed) };
}

function writeFolder(
  folder: string,
  { lines, scored, resultFiles }: ScoredFiles,
  document: EvaluationDocument,
): void {
  writePredictions(folder, lines, scored.items);
  for (const { name, text } of resultFiles) writeTextFile(join(folder, name), text);
  writeTextFile(evaluationPaths(folder).table, evaluationPage([document]));
  writeScores(folder, [document]);
}
