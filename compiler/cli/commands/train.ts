import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Device } from "../../../runtime/device/device.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { Ended } from "../../api/failure.ts";
import type { TrainingOptions } from "../../api/library-types.ts";
import { openTraining, type Training } from "../../api/training/open-training.ts";
import { keepMemoryEven } from "../even-memory.ts";
import type { Host } from "../host.ts";
import { watchInterrupts } from "../interrupts.ts";
import { openSession } from "../open-session.ts";
import { wholeNumber } from "../options/generation-options.ts";
import { addDeviceOption } from "../options/mode-options.ts";
import { parseAssignments, parseCount } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { addPhaseOptions, type PhaseOptions, stageOptions } from "../options/stage-options.ts";
import { announceDevice } from "../report/announce-device.ts";
import { measuredMemory, memoryText } from "../report/memory-report.ts";
import { failureReport, printDiagnostics } from "../report/print-failure.ts";
import { heldOutText, shownLoss, trainProgress } from "../report/train-progress.ts";
import { watchCompiler } from "../report/watch-compiler.ts";
import { jsonText } from "../report/write-json.ts";

interface TrainOptions extends PhaseOptions {
  readonly batches?: readonly string[];
  readonly data?: readonly string[];
  readonly split?: string;
  readonly workers?: string;
  readonly badRecords?: string;
  readonly tokenizer?: string;
  readonly questionTokenizer?: string;
  readonly out: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly heldOut?: readonly string[];
  readonly heldOutEvery?: string;
  readonly heldOutSplit?: string;
  readonly saveEvery?: string;
  readonly keep?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly device: string;
  readonly tuned?: string;
  readonly guard?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addDeviceOption(addPhaseOptions(command.argument("<file>", "a .weft file")))
    .option(
      "--data <path>",
      "a data set: a folder of images with captions.jsonl, captions.csv or a folder for each class, .tar shards, a COCO file, arrays, IDX files; several are drawn from alike, or by weight where each is PATH=WEIGHT",
      several,
    )
    .option("--split <name>", "its records whose field `split` is this")
    .option("--workers <n>", "threads that read it; their number changes no bit")
    .option("--bad-records <n>", "how many records that cannot be read are passed over (100)")
    .option("--tokenizer <file>", "for its texts, where it is not the one beside the weights")
    .option("--question-tokenizer <file>", "for `from questions(..)`, where that is another one")
    .option(
      "--batches <file>",
      "in the place of --data a .safetensors file with a tensor for each input of the record, by its name; its first axis is the step; of phases with different ones PHASE=FILE, repeated",
      several,
    )
    .requiredOption("--out <folder>", "the folder of the run")
    .option(
      "--steps <n>",
      "steps in all, in the place of the stage's own length; schedules end with them",
    )
    .option("--seed <s>", "the same seed draws the same random numbers")
    .option("--save-every <n>", "a checkpoint after so many steps, beside the one at the end")
    .option(
      "--held-out <file>",
      "records that are not trained on, as --batches or --data takes them: their loss is logged with each checkpoint",
      several,
    )
    .option("--held-out-split <name>", "the records of the data set whose field `split` is this")
    .option(
      "--held-out-every <n>",
      "measure them after so many steps, in the place of each checkpoint",
    )
    .option("--keep <n>", "how many checkpoints stay, beside the best", "3")
    .option("--resume", "go on with the run in the folder")
    .option("--force", "go on though the texts, the program or the batches are other ones")
    .option("--guard", "where a loss is not finite, find the line and the part where that begins")
    .option("--json", "one JSON document a line on stdout for each event")
    .action((file: string, options: TrainOptions) => train(file, options, host));
}

async function train(file: string, options: TrainOptions, host: Host): Promise<void> {
  const asked = trainingOptions(file, options);
  try {
    let device = await announceDevice(options.device, host, options.tuned);
    const reopen = async (): Promise<Device> => {
      device.dispose();
      device = await announceDevice(options.device, host, options.tuned);
      return device;
    };
    try {
      await runOn({ device, reopen }, asked, options, host);
    } finally {
      device.dispose();
    }
  } catch (error) {
    const found = options.json === true ? failureReport(error) : undefined;
    if (found === undefined) throw error;
    // Behind lines of events stands a line, too.
    host.result(`${jsonText({ kind: "error", diagnostics: found.diagnostics })}\n`);
    throw new Ended(found.exitCode);
  }
}

/** What was typed, as the library takes it. */
function trainingOptions(file: string, options: TrainOptions): TrainingOptions {
  const { batches, heldOut, heldOutSplit, data, split, tokenizer, questionTokenizer } = options;
  const { out, guard, resume = false, force = false } = options;
  const count = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : parseCount(flag, text);
  const whole = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : wholeNumber(flag, text);
  return {
    ...stageOptions(file, options),
    ...(batches !== undefined && { batches: parseBatches("--batches", batches) }),
    data: data && parseData(data),
    split,
    workers: whole("--workers", options.workers),
    badRecords: whole("--bad-records", options.badRecords),
    tokenizer,
    questionTokenizer,
    heldOut: heldOut && parseBatches("--held-out", heldOut),
    heldOutSplit,
    heldOutEvery: count("--held-out-every", options.heldOutEvery),
    guard,
    out,
    resume,
    force,
    tuned: options.tuned,
    steps: count("--steps", options.steps),
    saveEvery: count("--save-every", options.saveEvery),
    keep: count("--keep", options.keep),
    seed: whole("--seed", options.seed),
  };
}

/** A file, or `PHASE=FILE` for each phase. */
function parseBatches(flag: string, given: readonly string[]): TrainingOptions["batches"] {
  const isPhased = (text: string): boolean => /^\w+=./.test(text) && !existsSync(text);
  if (!given.some(isPhased)) return given.at(-1) ?? "";
  const files = parseAssignments(flag, given).map(({ name, value }) => [name, value]);
  return Object.fromEntries(files);
}

/** A data set, or several with their weights. */
function parseData(given: readonly string[]): TrainingOptions["data"] {
  const sets = given.map((text) => {
    const [, name, weight] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
    return name === undefined || existsSync(text)
      ? { name: text, weight: undefined }
      : { name, weight: Number(weight) };
  });
  const [only] = sets;
  if (sets.length === 1 && only?.weight === undefined) return only?.name;
  return Object.fromEntries(sets.map(({ name, weight = 1 }) => [name, weight]));
}

async function runOn(
  { device, reopen }: { readonly device: Device; readonly reopen: () => Promise<Device> },
  asked: TrainingOptions,
  { json = false }: TrainOptions,
  host: Host,
): Promise<void> {
  const { stage, phase } = asked;
  const compiling = watchCompiler(host, phase === undefined ? stage : `${stage}.${phase}`);
  const training = await openTraining(asked, {
    device,
    reopen,
    watch: compiling.watch,
    open(artifact, source, on) {
      compiling.finish();
      const request = { options: {}, source, device: on, guard: false, onSpan: undefined };
      return openSession(artifact, request, host);
    },
  }).finally(compiling.finish);
  // Only now: nothing can be heard while the compiler is at work.
  const interrupts = watchInterrupts(host, "stopping after this step; Ctrl-C again ends at once");
  try {
    if (training.diagnostics.length > 0) printDiagnostics(training.diagnostics, host);
    const events = evenly(training.events(interrupts.signal));
    if (json) await tellPrograms(training, events, asked.out, device, host);
    else await tellPeople(training, events, asked.out, host);
  } finally {
    interrupts.release();
    training.close();
  }
}

async function* evenly(events: AsyncIterable<TrainEvent>): AsyncGenerator<TrainEvent> {
  const keepEven = keepMemoryEven();
  for await (const event of events) {
    yield event;
    if (event.kind === "step") keepEven();
  }
}

/** Each event as a line. */
async function tellPrograms(
  { artifact, from, steps, warnings }: Training,
  events: AsyncIterable<TrainEvent>,
  run: string,
  { name: device }: Device,
  host: Host,
): Promise<void> {
  const tell = (event: TrainEvent | Readonly<Record<string, unknown>>): void =>
    host.result(`${jsonText(event)}\n`);
  const { model, sizes, stage } = artifact;
  const memory = measuredMemory(artifact);
  const { stage: name, phase } = stage;
  tell({ kind: "begin", model, stage: name, phase, sizes, from, steps, run, device, memory });
  for (const message of warnings) tell({ kind: "warning", message });
  for await (const event of events) tell(event);
}

/** Of a run that was gone on with, and has no step left. */
function completeText(steps: number): string {
  const more =
    "a larger `--steps` goes on; where the schedule ends with the steps, it needs `--force`";
  return `the run is complete: all ${steps} steps are done; ${more}\n`;
}

async function tellPeople(
  { artifact, from, steps, warnings }: Training,
  events: AsyncIterable<TrainEvent>,
  run: string,
  host: Host,
): Promise<void> {
  for (const warning of warnings) host.say(`warning: ${warning}\n`);
  host.say(memoryText(measuredMemory(artifact)));
  host.say(
    from < steps
      ? `training ${artifact.mode}, steps ${from + 1} to ${steps} ...\n`
      : completeText(steps),
  );
  const progress = trainProgress(host, from, steps);
  let loss: number | undefined;
  let saved: string | undefined;
  let end = "";
  try {
    for await (const event of events) {
      if (event.kind === "step") {
        loss = event.loss;
        progress.update(event);
      } else if (event.kind === "checkpoint") saved = event.folder;
      else if (event.kind === "held_out")
        progress.note(`held out after step ${event.step}: ${heldOutText(event)}`);
      else if (event.kind === "warning") progress.note(`warning: ${event.message}`);
      else if (event.kind === "phase")
        progress.note(`phase ${event.phase}: steps ${event.step + 1} to ${event.until}`);
      else if (!event.isComplete)
        end = `stopped after step ${event.step} of ${steps}; \`--resume\` goes on\n`;
    }
  } finally {
    progress.finish();
  }
  host.say(end);
  if (loss !== undefined) host.result(`loss ${shownLoss(loss)}\n`);
  host.result(`checkpoint ${saved ?? "none"}\nrun ${run}\n`);
}
