import type { Command } from "commander";
import type { Device } from "../../../runtime/device/device.ts";
import type { Immediates } from "../../../runtime/execute/executable.ts";
import type { Session } from "../../../runtime/session.ts";
import { quantizedDocument } from "../../../runtime/stored/quantized-total.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { PlanCache } from "../../api/load/plan-cache.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";
import { compileSession, openSession } from "../open-session.ts";
import { assertInputs, findMode } from "../options/find-mode.ts";
import { wholeNumber } from "../options/generation-options.ts";
import {
  addDeviceOption,
  addModeOptions,
  addRunningOptions,
  type ModeOptions,
  type RunningOptions,
} from "../options/mode-options.ts";
import { parseAssignments } from "../options/parse-assignments.ts";
import { readAllInputs } from "../options/read-inputs.ts";
import { several } from "../options/several.ts";
import { announceDevice } from "../report/announce-device.ts";
import { measuredMemory, memoryText } from "../report/memory-report.ts";
import { outputTable, summarise } from "../report/summarise-tensor.ts";
import { TraceRecorder } from "../report/trace-recorder.ts";
import { writeJson } from "../report/write-json.ts";
import { assertWritable, writeOutputs } from "../report/write-outputs.ts";

interface RunOptions extends ModeOptions, RunningOptions {
  readonly in: readonly string[];
  readonly out?: string;
  readonly device: string;
  readonly guard?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"));
  addRunningOptions(addDeviceOption(command))
    .option(
      "--in <name=value>",
      "an input: a .npy file, FILE.safetensors:tensor, an image file, text, or random:SEED; may be repeated",
      several,
      [],
    )
    .option("--out <file>", "write the outputs: .safetensors by name, or .npy for a single one")
    .option("--guard", "stop at the first kernel whose result is not finite (much slower)")
    .option(
      "--dry-run",
      "say what would be loaded: reads the headers of the weights, opens no device",
    )
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: RunOptions) => run(file, options, host));
}

async function run(file: string, options: RunOptions, host: Host): Promise<void> {
  const inputs = parseAssignments("--in", options.in);
  if (options.dryRun === true) {
    const { dryRun } = await import("../report/dry-run.ts");
    dryRun(file, options, inputs, host);
    return;
  }
  if (options.out !== undefined) assertWritable(options.out);
  if (options.profile !== undefined && options.guard === true) {
    const message =
      "`--profile` and `--guard` exclude each other: a guarded run looks into every dispatch";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  const immediates = { seed: wholeNumber("--seed", options.seed) };
  const recorder = new TraceRecorder();
  const cache = options.cache ? new PlanCache() : undefined;
  const onSpan = options.profile === undefined ? undefined : recorder.sink;
  const chosen = await recorder.span("load", "find the mode", () =>
    findMode(file, options, cache, onSpan),
  );
  assertInputs(chosen, inputs);
  const device = await recorder.span("load", "open the device", () =>
    announceDevice(options.device, host, options.tuned),
  );
  try {
    const guard = options.guard ?? false;
    const tokenizer = tokenizerSource(options.tokenizer, options.weights, options);
    const request = { file, chosen, options, inputs, tokenizer, device, guard, cache, onSpan };
    const artifact = await compileSession(request, host);
    // Before the weights, which may take minutes: a wrong input is told at once.
    const tensors = await recorder.span("load", "read the inputs", () =>
      readAllInputs(artifact, inputs, tokenizer, (note) => host.say(`${note}\n`)),
    );
    const session = await openSession(artifact, request, host);
    try {
      const { outputs, timeMs } =
        options.profile === undefined
          ? await runOnce(session, tensors, immediates, host)
          : await runTraced(session, { tensors, immediates, recorder, device }, host);
      host.say(`ran ${session.artifact.mode} in ${formatTime(timeMs)}\n`);
      host.say(memoryText(measuredMemory(session.artifact)));
      if (options.out !== undefined) {
        writeOutputs(options.out, outputs);
        host.say(`wrote ${options.out}\n`);
      }
      if (options.profile !== undefined) {
        recorder.write(options.profile);
        host.say(`wrote ${options.profile}\n`);
      }
      report(session, outputs, timeMs, options, host);
    } finally {
      session.dispose();
    }
  } finally {
    device.dispose();
  }
}

type Tensors = Readonly<Record<string, Tensor>>;

interface TracedRun {
  readonly tensors: Tensors;
  readonly immediates: Immediates;
  readonly recorder: TraceRecorder;
  readonly device: Device;
}

async function runOnce(session: Session, tensors: Tensors, immediates: Immediates, host: Host) {
  host.say(`running ${session.artifact.mode} ...\n`);
  const started = performance.now();
  const outputs = await session.run(tensors, immediates);
  return { outputs, timeMs: performance.now() - started };
}

async function runTraced(
  session: Session,
  { tensors, immediates, recorder, device }: TracedRun,
  host: Host,
) {
  const { artifact } = session;
  host.say(`running ${artifact.mode} ...\n`);
  const { outputs, timeline } = await session.trace(tensors, { immediates });
  recorder.addRun(artifact, timeline, device.name);
  return { outputs, timeMs: timeline.endMs - timeline.startMs };
}

function report(
  session: Session,
  outputs: Readonly<Record<string, Tensor>>,
  timeMs: number,
  options: RunOptions,
  host: Host,
): void {
  const rows = session.artifact.outputs.map((spec) => summarise(spec, outputs[spec.name]));
  if (options.json !== true) {
    host.result(outputTable(rows, host.resultStyle));
    return;
  }
  const { model, mode, sizes } = session.artifact;
  const { unused, initialised, resampled, quantized } = session.weights;
  writeJson(host, {
    model,
    mode,
    sizes,
    timeMs,
    weights: {
      unused,
      initialised,
      resampled,
      ...(quantized.length === 0 ? {} : { quantized: quantizedDocument(quantized) }),
    },
    memory: measuredMemory(session.artifact),
    outputs: rows,
    file: options.out,
  });
}
