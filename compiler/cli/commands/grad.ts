import { extname } from "node:path";
import type { Command } from "commander";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { batchInputs } from "../../../runtime/train/batch-inputs.ts";
import { runBatch } from "../../../runtime/train/run-batch.ts";
import { firstFileOf } from "../../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { compileGradients } from "../../api/gradients/compile-gradients.ts";
import { namedGradients } from "../../api/gradients/gradients-of-record.ts";
import type { Gradients } from "../../api/library-types.ts";
import { tunedProfile } from "../../api/load/tuned-profile.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import { formatTable } from "../../api/text/table.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { Host } from "../host.ts";
import { openSession } from "../open-session.ts";
import { wholeNumber } from "../options/generation-options.ts";
import { addDeviceOption, specialTokensOption, tokenizerOption } from "../options/mode-options.ts";
import { parseAssignments } from "../options/parse-assignments.ts";
import { readAllInputs } from "../options/read-inputs.ts";
import { several } from "../options/several.ts";
import { addPhaseOptions, type PhaseOptions, stageOptions } from "../options/stage-options.ts";
import { announceDevice } from "../report/announce-device.ts";
import { measuredMemory, memoryText } from "../report/memory-report.ts";
import { printDiagnostics } from "../report/print-failure.ts";
import { writeJson } from "../report/write-json.ts";

interface GradOptions extends PhaseOptions {
  readonly in: readonly string[];
  readonly out?: string;
  readonly device: string;
  readonly tuned?: string;
  readonly tokenizer?: string;
  readonly specialTokens?: boolean;
  readonly seed: string;
  readonly guard?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addDeviceOption(addPhaseOptions(command.argument("<file>", "a .weft file")))
    .option(
      "--in <name=value>",
      "an input of the record: a .npy file, FILE.safetensors:tensor, an image file, text, or random:SEED; may be repeated",
      several,
      [],
    )
    .option("--out <file>", "write loss, watches and gradients: .safetensors by name")
    .option(...tokenizerOption)
    .option(...specialTokensOption)
    .option("--seed <s>", "the same seed draws the same random numbers", "0")
    .option("--guard", "stop at the first kernel whose result is not finite (much slower)")
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: GradOptions) => grad(file, options, host));
}

async function grad(file: string, options: GradOptions, host: Host): Promise<void> {
  const { out, weights } = options;
  if (out !== undefined && extname(out) !== ".safetensors") {
    const message = `\`--out ${out}\` must end in .safetensors`;
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  const inputs = parseAssignments("--in", options.in);
  const immediates = { seed: wholeNumber("--seed", options.seed) };
  const stage = stageOptions(file, options);
  const device = await announceDevice(options.device, host, options.tuned);
  try {
    const beside = weights.length === 0 ? undefined : firstFileOf(weights);
    const tokenizer = tokenizerSource(options.tokenizer, beside, options);
    const profile = tunedProfile(device, options.tuned);
    const { artifact, diagnostics } = compileGradients(stage, inputs, profile, tokenizer);
    if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
    const record = { inputs: batchInputs(artifact) };
    const tensors = await readAllInputs(record, inputs, tokenizer, (note) => host.say(`${note}\n`));
    const source = weights.length === 0 ? "random:0" : weights;
    const opened = { options: { weights: source }, device, guard: options.guard ?? false };
    const session = await openSession(artifact, { ...opened, onSpan: undefined }, host);
    try {
      host.say(`differentiating ${artifact.mode} ...\n`);
      const startedAt = performance.now();
      const budget = artifact.stage.memory?.budget;
      const outputs = await runBatch(session, tensors, { firstSample: 0, immediates }, budget);
      const timeMs = performance.now() - startedAt;
      host.say(`took ${formatTime(timeMs)}\n`);
      host.say(memoryText(measuredMemory(artifact)));
      const found = namedGradients(artifact, outputs, source);
      if (out !== undefined) {
        writeSafetensors(out, tensorsOf(found));
        host.say(`wrote ${out}\n`);
      }
      report(artifact, found, { timeMs, out, json: options.json === true }, host);
    } finally {
      session.dispose();
    }
  } finally {
    device.dispose();
  }
}

function tensorsOf({
  loss,
  watches,
  gradients,
}: Gradients): Parameters<typeof writeSafetensors>[1] {
  const numbers = Object.entries({ loss, ...watches }).map(([name, value]) => {
    return [name, { element: "f32", shape: [], data: Float32Array.of(value) }] as const;
  });
  return { ...Object.fromEntries(numbers), ...gradients };
}

interface Shown {
  readonly timeMs: number;
  /** Where it was written to. */
  readonly out: string | undefined;
  readonly json: boolean;
}

function report(
  artifact: StageArtifact,
  { loss, watches, gradients }: Gradients,
  { timeMs, out, json }: Shown,
  host: Host,
): void {
  const norms = Object.entries(gradients).map(([key, { shape, data }]) => {
    return { key, shape, norm: normOf(data) };
  });
  const { model, sizes, stage } = artifact;
  if (json) {
    writeJson(host, {
      model,
      stage: stage.stage,
      phase: stage.phase,
      sizes,
      ...(stage.batch && { batch: stage.batch }),
      timeMs,
      memory: measuredMemory(artifact),
      loss,
      watches,
      gradients: norms,
      unreached: stage.groups.flatMap(({ unreached }) => unreached.map(({ path }) => path)),
      ...(out !== undefined && { file: out }),
    });
    return;
  }
  const numbers = Object.entries({ loss, ...watches });
  host.result(numbers.map(([name, value]) => `${name} ${value.toPrecision(8)}\n`).join(""));
  const columns = [{ title: "gradient" }, { title: "shape" }, { title: "norm" }];
  const rows = norms.map(({ key, shape, norm }) => [key, shape.join(" x "), norm.toPrecision(6)]);
  host.result(formatTable(columns, rows, host.resultStyle));
}

/** As many numbers as a gradient may have are too many for the arguments of a call. */
function normOf(numbers: Float32Array): number {
  return Math.sqrt(numbers.reduce((sum, number) => sum + number ** 2, 0));
}
