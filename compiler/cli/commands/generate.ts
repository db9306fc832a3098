import type { Command } from "commander";
import type { Device } from "../../../runtime/device/device.ts";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import type { ReadPrompt } from "../../api/generate/generation-program.ts";
import { LoadedGenerator } from "../../api/generate/loaded-generator.ts";
import { compileGenerator, defaultTexts } from "../../api/generate/open-generator.ts";
import { tokenizerIfAny } from "../../api/generate/tokenizer-if-any.ts";
import { PlanCache } from "../../api/load/plan-cache.ts";
import type { Host } from "../host.ts";
import { openSession } from "../open-session.ts";
import { assertInputs, findMode } from "../options/find-mode.ts";
import {
  addGenerationOptions,
  type GenerationOptions,
  generationSettings,
  maxNewTokens,
  wholeNumber,
} from "../options/generation-options.ts";
import {
  addDeviceOption,
  addModeOptions,
  addTextOptions,
  compileOptions,
  type ModeOptions,
  type TextOptions,
} from "../options/mode-options.ts";
import { parseAssignments, parseCount } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { announceDevice } from "../report/announce-device.ts";
import {
  type GenerationResult,
  generationDocument,
  generationTensors,
  speedText,
} from "../report/generation-report.ts";
import { printDiagnostics } from "../report/print-failure.ts";
import { watchCompiler } from "../report/watch-compiler.ts";
import { writeJson } from "../report/write-json.ts";
import { writeOutputs } from "../report/write-outputs.ts";

interface GenerateOptions extends ModeOptions, GenerationOptions, TextOptions {
  readonly in: readonly string[];
  readonly beams: string;
  readonly lengthPenalty: string;
  readonly earlyStopping?: boolean;
  readonly out?: string;
  readonly logits?: boolean;
  readonly device: string;
  readonly cache: boolean;
  readonly guard?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"));
  addGenerationOptions(addTextOptions(addDeviceOption(command)), 64)
    .option("--in <name=value>", "an input of the first step; may be repeated", several, [])
    .option("--beams <n>", "search with as many beams; samples with --temperature, ...", "1")
    .option("--length-penalty <p>", "beams: divide by the length to this power", "1")
    .option("--early-stopping", "beams: end with the first finished ones")
    .option("--out <file>", "write `tokens` to a .safetensors file")
    .option("--logits", "write `step_logits` too: those that chose each token, and one more")
    .option("--guard", "stop at the first kernel whose result is not finite (much slower)")
    .option("--no-cache", "compile anew, and keep nothing for the next time")
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: GenerateOptions) => generate(file, options, host));
}

async function generate(file: string, options: GenerateOptions, host: Host): Promise<void> {
  const beams = parseCount("--beams", options.beams);
  assertConsistent(options, beams);
  const most = maxNewTokens(options);
  const settings = {
    ...generationSettings(options),
    beams,
    keepLogits: options.logits ?? false,
  };
  const inputs = parseAssignments("--in", options.in);
  const given = Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
  const cache = options.cache ? new PlanCache() : undefined;
  const chosen = await findMode(file, options, cache);
  assertInputs(chosen, inputs);
  const device = await announceDevice(options.device, host, options.tuned);
  try {
    const tokenizer = tokenizerSource(options.tokenizer, options.weights, options);
    const progress = watchCompiler(host, `${chosen.model}.${chosen.mode}`);
    const program = await compileGenerator({
      ...compileOptions(file, chosen, options),
      settings,
      inputs: given,
      tokenizer,
      device,
      cache,
      tuned: options.tuned,
      onDiagnostics: (diagnostics) => printDiagnostics(diagnostics, host),
      watch: progress.watch,
      examined: chosen.examined,
    }).finally(progress.finish);
    // Before the weights, which may take minutes: a wrong input is told at once.
    const texts = { ...defaultTexts(program.plan), ...given };
    const prompt = await program.read(texts, (note) => host.say(`${note}\n`));
    host.say(bucketText(prompt));
    const session = await openSessionFor(program.artifact, options, device, beams, host);
    const generator = new LoadedGenerator(session, program);
    try {
      const result = await decode(generator, prompt, most, options, host);
      finish(generator, prompt, result, options, host);
    } finally {
      generator.dispose();
    }
  } finally {
    device.dispose();
  }
}

function openSessionFor(
  artifact: LoadedGenerator["artifact"],
  options: GenerateOptions,
  device: Device,
  beams: number,
  host: Host,
) {
  const guard = options.guard ?? false;
  const request = { options, device, guard, onSpan: undefined, permutes: beams > 1 };
  return openSession(artifact, request, host);
}

function assertConsistent(options: GenerateOptions, beams: number): void {
  const refuse = (message: string): never => {
    throw new Failure(exitCode.usage, "bad-option", message);
  };
  if (beams > 1 && options.logits === true)
    refuse("`--logits` belongs to one sequence of tokens, which `--beams` does not have");
  if (beams > 1 && options.stop.length > 0)
    refuse("`--stop` ends a text that grows, which `--beams` does not have");
  if (!Number.isFinite(Number(options.lengthPenalty)))
    refuse(`\`--length-penalty\` takes a number, not \`${options.lengthPenalty}\``);
  if (options.logits === true && options.out === undefined)
    refuse("`--logits` needs `--out FILE.safetensors` to write to");
  if (options.out !== undefined && !options.out.endsWith(".safetensors"))
    refuse(`\`--out ${options.out}\` must end in .safetensors`);
  if (options.steps !== undefined)
    refuse("`--step` is chosen by `weft generate` itself, from the length of the prompt");
}

function bucketText({ tokens, bucket }: ReadPrompt): string {
  return `prompt: ${tokens} ${tokens === 1 ? "token" : "tokens"}, padded to ${bucket}\n`;
}

async function decode(
  generator: LoadedGenerator,
  prompt: ReadPrompt,
  most: number,
  options: GenerateOptions,
  host: Host,
): Promise<GenerationResult> {
  const tokenizer = tokenizerIfAny(generator.program.tokenizer);
  if (tokenizer === undefined && options.stop.length > 0) generator.program.tokenizer();
  await generator.session.prepare(prompt.step);
  await generator.session.prepare(generator.artifact.steps.length - 1);
  const seed = wholeNumber("--seed", options.seed);
  const startMs = performance.now();
  if (generator.program.decoding.beams > 1) {
    const sequences = await generator.searchText(prompt, {
      maxNewTokens: most,
      lengthPenalty: Number(options.lengthPenalty),
      earlyStopping: options.earlyStopping ?? false,
      seed,
    });
    const endMs = performance.now();
    if (options.json !== true) host.text(linesOf(sequences));
    return { sequences, logits: [], startMs, firstMs: endMs, endMs };
  }
  // Several rows would be mixed up: they are shown when all have ended.
  const rows = generator.artifact.steps.at(-1)?.outputs[0]?.shape[0]?.size ?? 1;
  const isStreamed = rows === 1 && options.json !== true;
  const stops = options.stop;
  const events = generator.generate(
    prompt,
    { maxNewTokens: most, tokenizer, stops, keepLogits: options.logits ?? false },
    seed,
  );
  let firstMs: number | undefined;
  for (let count = 0; ; count++) {
    const next = await events.next();
    firstMs ??= performance.now();
    if (next.done === true) {
      const result = next.value;
      if (isStreamed) host.result("\n");
      else if (options.json !== true) host.text(linesOf(result.sequences));
      return { ...result, startMs, firstMs, endMs: performance.now() };
    }
    const { token, text } = next.value;
    if (!isStreamed) continue;
    host.text(tokenizer === undefined ? `${count === 0 ? "" : " "}${token}` : text);
  }
}

function linesOf(sequences: GenerationResult["sequences"]): string {
  return sequences.map(({ tokens, text }) => `${text === "" ? tokens.join(" ") : text}\n`).join("");
}

function finish(
  generator: LoadedGenerator,
  prompt: ReadPrompt,
  result: GenerationResult,
  options: GenerateOptions,
  host: Host,
): void {
  if (result.sequences.some(({ ending }) => ending === "context-full"))
    host.say("notice: the caches are full, so the text ends here\n");
  host.say(speedText(result));
  if (options.out !== undefined) {
    writeOutputs(options.out, generationTensors(result));
    host.say(`wrote ${options.out}\n`);
  }
  if (options.json === true)
    writeJson(host, generationDocument(generator, prompt, result, options.out));
}
