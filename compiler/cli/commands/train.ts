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
import { parseCount } from "../options/parse-assignments.ts";
import {
  addKeepingOptions,
  addRecordOptions,
  type RecordFlags,
  recordOptions,
} from "../options/record-options.ts";
import { addPhaseOptions, type PhaseOptions, stageOptions } from "../options/stage-options.ts";
import { announceDevice } from "../report/announce-device.ts";
import { measuredMemory, memoryText } from "../report/memory-report.ts";
import { failureReport, printDiagnostics } from "../report/print-failure.ts";
import { TraceRecorder } from "../report/trace-recorder.ts";
import { heldOutText, shownLoss, trainProgress } from "../report/train-progress.ts";
import { watchCompiler } from "../report/watch-compiler.ts";
import { jsonText } from "../report/write-json.ts";

interface TrainOptions extends PhaseOptions, RecordFlags {
  readonly out: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly keepFrozen?: boolean;
  readonly device: string;
  readonly tuned?: string;
  readonly profile?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addRecordOptions(addDeviceOption(addPhaseOptions(command.argument("<file>", "a .weft file"))))
    .requiredOption("--out <folder>", "the folder of the run")
    .option(
      "--steps <n>",
      "steps in all, in the place of the stage's own length; schedules end with them",
    )
    .option("--seed <s>", "the same seed draws the same random numbers");
  addKeepingOptions(command)
    .option("--resume", "go on with the run in the folder")
    .option(
      "--keep-frozen",
      "keep what frozen parts make of each sample: a second pass does not compute it again",
    )
    .option("--force", "go on though the texts, the program or the batches are other ones")
    .option("--guard", "where a loss is not finite, find the line and the part where that begins")
    .option(
      "--profile <file>",
      "a trace of the run for ui.perfetto.dev: steps, and waits for records",
    )
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
  const { out, steps, seed, resume = false, force = false } = options;
  return {
    ...stageOptions(file, options),
    ...recordOptions(options),
    out,
    resume,
    force,
    keepFrozen: options.keepFrozen,
    tuned: options.tuned,
    steps: steps === undefined ? undefined : parseCount("--steps", steps),
    seed: seed === undefined ? undefined : wholeNumber("--seed", seed),
  };
}

async function runOn(
  { device, reopen }: { readonly device: Device; readonly reopen: () => Promise<Device> },
  asked: TrainingOptions,
  { json = false, profile }: TrainOptions,
  host: Host,
): Promise<void> {
  const { stage, phase } = asked;
  const recorder = profile === undefined ? undefined : new TraceRecorder(device.name);
  // A place that cannot be written is told now, not after the run.
  if (profile !== undefined) recorder?.write(profile);
  const compiling = watchCompiler(host, phase === undefined ? stage : `${stage}.${phase}`);
  const training = await openTraining(asked, {
    device,
    reopen,
    watch: compiling.watch,
    onSpan: recorder?.sink,
    open(artifact, source, on) {
      compiling.finish();
      const request = { options: {}, source, device: on, guard: false, onSpan: recorder?.sink };
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
    // Of a run that failed, too: it may show why.
    if (recorder !== undefined && profile !== undefined) {
      recorder.write(profile);
      host.say(`wrote ${profile}\n`);
    }
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
