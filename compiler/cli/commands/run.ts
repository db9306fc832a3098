import type { Command } from "commander";
import type { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { announceDevice } from "../announce-device.ts";
import { chooseMode } from "../choose-mode.ts";
import { formatTime } from "../format-quantity.ts";
import type { Host } from "../host.ts";
import { addDeviceOption, addModeOptions, type ModeOptions } from "../mode-options.ts";
import { openSession } from "../open-session.ts";
import { type Assignment, parseAssignments } from "../parse-assignments.ts";
import { readInputs } from "../read-inputs.ts";
import { outputTable, summarise } from "../summarise-tensor.ts";
import { writeJson } from "../write-json.ts";
import { assertWritable, writeOutputs } from "../write-outputs.ts";

interface RunOptions extends ModeOptions {
  readonly in: readonly string[];
  readonly out?: string;
  readonly device: string;
  readonly guard?: boolean;
  readonly json?: boolean;
}

const several = (text: string, before: readonly string[]) => [...before, text];

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"));
  addDeviceOption(command)
    .option(
      "--in <name=value>",
      "an input: a .npy file, FILE.safetensors:tensor, an image file, or random:SEED; may be repeated",
      several,
      [],
    )
    .option("--out <file>", "write the outputs: .safetensors by name, or .npy for a single one")
    .option("--guard", "stop at the first kernel whose result is not finite (much slower)")
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: RunOptions) => run(file, options, host));
}

async function run(file: string, options: RunOptions, host: Host): Promise<void> {
  const inputs = parseAssignments("--in", options.in);
  if (options.out !== undefined) assertWritable(options.out);
  const chosen = chooseMode(file, options);
  const device = await announceDevice(options.device, host);
  try {
    const session = await openSession(
      { file, chosen, options, inputs, device, guard: options.guard ?? false },
      host,
    );
    try {
      const { outputs, timeMs } = await runOnce(session, inputs, host);
      host.say(`ran ${session.artifact.mode} in ${formatTime(timeMs)}\n`);
      if (options.out !== undefined) {
        writeOutputs(options.out, outputs);
        host.say(`wrote ${options.out}\n`);
      }
      report(session, outputs, timeMs, options, host);
    } finally {
      session.dispose();
    }
  } finally {
    device.dispose();
  }
}

async function runOnce(session: Session, inputs: readonly Assignment[], host: Host) {
  const tensors = await readInputs(session.artifact, inputs);
  host.say(`running ${session.artifact.mode} ...\n`);
  const started = performance.now();
  const outputs = await session.run(tensors);
  return { outputs, timeMs: performance.now() - started };
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
    host.result(outputTable(rows, host.resultColors));
    return;
  }
  const { model, mode, sizes } = session.artifact;
  const { unused, initialised, resampled } = session.weights;
  writeJson(host, {
    model,
    mode,
    sizes,
    timeMs,
    weights: { unused, initialised, resampled },
    outputs: rows,
    ...(options.out === undefined ? {} : { file: options.out }),
  });
}
