import { join } from "node:path";
import { type Command, Option } from "commander";
import { findData } from "../../../runtime/datasets/find-data.ts";
import { type BootstrapOptions, usualBootstrap } from "../../../runtime/evaluate/bootstrap.ts";
import {
  type CaptionTokenizer,
  captionTokenizers,
} from "../../../runtime/evaluate/scores/caption-scores.ts";
import { findTask, type Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
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
import { evaluateModel } from "../../api/evaluation/evaluate-model.ts";
import { type ScoredFiles, scoreFiles } from "../../api/evaluation/score-files.ts";
import { SharedPrograms } from "../../api/evaluation/shared-programs.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { checkpointHeader } from "../../api/load/checkpoint-header.ts";
import { type ProgramOptions, programOptionsIn } from "../../program-options.ts";
import type { Host } from "../host.ts";
import { wholeNumber } from "../options/generation-options.ts";
import {
  addDeviceOption,
  addProgramOptions,
  type TextOptions,
  tokenizerOption,
} from "../options/mode-options.ts";
import { parseCount, parseSettings } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { announceDevice } from "../report/announce-device.ts";
import { evaluationPage, evaluationTable } from "../report/evaluation-table.ts";
import { startProgress } from "../report/progress.ts";
import { writeJson } from "../report/write-json.ts";

interface EvalOptions extends TextOptions, ProgramOptions {
  readonly task: readonly string[];
  readonly model?: string;
  readonly mode?: string;
  readonly data?: string;
  readonly split?: string;
  readonly weights?: string;
  readonly set: readonly string[];
  readonly limit?: string;
  readonly batch: string;
  readonly beams?: string;
  readonly maxNewTokens?: string;
  readonly prompts?: string;
  readonly questionTokenizer?: string;
  readonly language: readonly string[];
  readonly device: string;
  readonly tuned?: string;
  readonly predictions?: string;
  readonly references?: string;
  readonly allowMissing?: boolean;
  readonly captionTokenizer: CaptionTokenizer;
  readonly dualSoftmax?: boolean;
  readonly frames: string;
  readonly classes: string;
  readonly reduceZero: boolean;
  readonly runs: string;
  readonly warmUps: string;
  readonly newTokens: string;
  readonly at: readonly string[];
  readonly draws: string;
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("[file]", "a .weft file, to evaluate one of its models")
    .option("--task <name>", "a task of docs/evaluation.md; may be repeated", several, [])
    .option("--model <name>", "a `model` of the file")
    .option("--mode <name>", "the mode that answers, or embeds images")
    .option("--data <folder>", "the data of the task, as it was published")
    .option("--split <name>", "of `retrieval:captioned` and `linear_probe:labelled`: this part")
    .option("--weights <source>", "a .safetensors file, a folder with shards, or random:SEED")
    .option("--set <path=value>", "give a setting or an axis another value", several, [])
    .option("--limit <n>", "the first so many images of the set")
    .option("--batch <n>", "images that are embedded at a time", "8")
    .option("--beams <n>", "beams, in the place of those of the task")
    .option("--max-new-tokens <n>", "tokens of an answer, in the place of those of the task")
    .option(
      "--prompts <file>",
      "what is asked, as LLaVA's files have it: question_id, image, text by the line",
    )
    .option(
      "--language <name>",
      "of class names, templates and captions: en (the default), cn, jp, ar, it; may be repeated",
      several,
      [],
    )
    .option(...tokenizerOption)
    .option("--question-tokenizer <model>", "the same for the questions that queries read")
    .option("--predictions <file>", "score what is in this file, without a model")
    .option("--references <file>", "the annotations that the predictions belong to")
    .option("--allow-missing", "items without a prediction or an image count as wrong")
    .addOption(
      new Option("--caption-tokenizer <name>", "how captions are cut into tokens")
        .choices([...captionTokenizers])
        .default("ptb"),
    )
    .option("--dual-softmax", "weight scores of retrieval by the softmax over the queries")
    .option("--frames <n>", "frames of a clip: 1 for the one in the middle", "8")
    .option("--classes <n>", "classes of label maps", "150")
    .option("--no-reduce-zero", "label 0 of label maps is a class like the others")
    .option("--runs <n>", "of throughput: runs that count", "5")
    .option("--warm-ups <n>", "of throughput: runs before them that do not", "2")
    .option("--new-tokens <n>", "of throughput: tokens of a run", "32")
    .option(
      "--at <path=value>",
      "of throughput: measure with this setting, too; may be repeated",
      several,
      [],
    )
    .option(
      "--draws <n>",
      "draws of the bootstrap; 0 for no intervals",
      String(usualBootstrap.draws),
    )
    .option("--seed <s>", "the same seed draws the same units", "0")
    .option("--out <folder>", "write predictions, scores, table and result files; a run goes on")
    .option("--json", "one JSON document on stdout");
  addDeviceOption(addProgramOptions(command, ["precision", "quantize", "memory"])).action(
    (file: string | undefined, options: EvalOptions) => evaluate(file, options, host),
  );
}

async function evaluate(file: string | undefined, options: EvalOptions, host: Host): Promise<void> {
  const tasks = options.task.map(findTask);
  if (tasks.length === 0) throw usage("`weft eval` needs a --task");
  const documents =
    file === undefined
      ? [scoreGiven(tasks, options)]
      : await evaluateFile(file, tasks, options, host);
  if (options.json === true) writeJson(host, { tasks: documents });
  else host.result(evaluationTable(documents, host.resultStyle));
}

function scoreGiven([task, ...others]: readonly Task[], options: EvalOptions): EvaluationDocument {
  const { predictions } = options;
  if (task === undefined || predictions === undefined || others.length > 0)
    throw usage("without a model, `weft eval` needs one --task and its --predictions");
  const found = scoreFiles(task, {
    predictions,
    references: options.references,
    allowMissing: options.allowMissing === true,
    captionTokenizer: options.captionTokenizer,
    dualSoftmax: options.dualSoftmax === true,
    classes: parseCount("--classes", options.classes),
    reduceZero: options.reduceZero,
  });
  return finish(found, options.out, options);
}

/** All tasks on one device; with several of them each has a folder of its own below --out. */
async function evaluateFile(
  file: string,
  tasks: readonly Task[],
  options: EvalOptions,
  host: Host,
): Promise<readonly EvaluationDocument[]> {
  const { model: name, weights, data, out, tuned } = options;
  const needsData = tasks.some(({ kind }) => kind !== "throughput");
  if (name === undefined || weights === undefined || (needsData && data === undefined))
    throw usage("a model is evaluated with --model, --weights and --data");
  const whole = tasks.find(({ isOpen }) => isOpen !== true);
  if (options.split !== undefined && whole !== undefined)
    throw usage(`\`${whole.name}\` is evaluated on one part of its data: it takes no --split`);
  // A checkpoint that is not there is told before data sets are read.
  checkpointHeader(weights);
  const request = {
    ...requestOf(options),
    modes: tasks.some(({ kind }) => kind === "throughput") ? await modesOf(file, name) : [],
  };
  const turns = turnsOf(tasks, options.language);
  const device = await announceDevice(options.device, host, tuned);
  const { set, tokenizer, questionTokenizer } = options;
  const model = {
    ...programOptionsIn(options),
    ...{ file, model: name, weights, tokenizer, questionTokenizer, tuned, device },
    set: parseSettings(set),
  };
  const programs = new SharedPrograms(model, { keeps: turns.length > 1 });
  try {
    const documents: EvaluationDocument[] = [];
    for (const { task, language, title } of turns) {
      const folder =
        out === undefined || turns.length === 1 ? out : join(out, title.replaceAll(":", "-"));
      let progress: ReturnType<typeof startProgress> | undefined;
      const found = await evaluateModel(task, {
        ...request,
        ...{ model, programs, language, folder },
        onEmbedded: ({ what, computed, known }) =>
          host.say(`${title}: ${computed} ${what} computed, ${known} from the cache\n`),
        onProgress(done, total) {
          progress ??= startProgress(host, title, total);
          progress.update(done);
        },
      }).finally(() => progress?.finish());
      const subject = { ...found.subject, task: title };
      documents.push(finish({ ...found, subject }, folder, options));
    }
    return documents;
  } finally {
    programs.dispose();
    device.dispose();
  }
}

/** What was typed about the evaluation, read before a device is opened. */
function requestOf(options: EvalOptions) {
  const count = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseCount(flag, text);
  const { mode, data = "", split, prompts, dualSoftmax, allowMissing } = options;
  return {
    ...{ mode, data: findData(data), split, prompts },
    limit: count("--limit", options.limit),
    batch: parseCount("--batch", options.batch),
    frames: parseCount("--frames", options.frames),
    beams: count("--beams", options.beams),
    maxNewTokens: count("--max-new-tokens", options.maxNewTokens),
    dualSoftmax: dualSoftmax === true,
    allowMissing: allowMissing === true,
    runs: parseCount("--runs", options.runs),
    warmUps: wholeNumber("--warm-ups", options.warmUps),
    newTokens: parseCount("--new-tokens", options.newTokens),
    at: options.at.map((one) => parseSettings([one])),
  };
}

/** Tasks with texts of several languages have a turn for each of those that were asked for. */
function turnsOf(tasks: readonly Task[], said: readonly string[]) {
  const [first = "en", ...others] = said;
  return tasks.flatMap((task) => {
    const has = "classes clips retrieval videos".split(" ").includes(task.kind);
    const languages = has ? [first, ...others] : [first];
    return languages.map((language) => ({
      task,
      language,
      title: languages.length === 1 ? task.name : `${task.name}:${language}`,
    }));
  });
}

/** The parser is loaded for those who ask. */
async function modesOf(file: string, model: string): Promise<readonly string[]> {
  const { chooseModel } = await import("../options/choose-mode.ts");
  return chooseModel(file, model).modes;
}

function finish(found: ScoredFiles, folder: string | undefined, options: EvalOptions) {
  const bootstrap = bootstrapOf(options);
  const document = evaluationDocument(found.subject, found.scored, bootstrap);
  if (folder !== undefined) writeFolder(folder, found, document);
  return document;
}

function usage(message: string): Failure {
  return new Failure(exitCode.usage, "bad-option", message);
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
