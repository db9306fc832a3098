import type { DeviceHandle, DeviceOptions } from "../../runtime/device/device-handle.ts";
import { openDevice as openOnMachine } from "../../runtime/device/open-device.ts";
import { RuntimeFault } from "../../runtime/faults.ts";
import { readNpy, writeNpy } from "../../runtime/files/npy.ts";
import type { Ending, Sequence, TokenEvent } from "../../runtime/generate/sequence.ts";
import type {
  EncodedImage,
  InputValue,
  NumberArray,
  ShapedNumbers,
} from "../../runtime/input-value.ts";
import type { IntegerTensor, RealTensor, Tensor, UnsignedTensor } from "../../runtime/tensor.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import type { Tokenizer } from "../../runtime/text/tokenizer.ts";
import type { TrainEvent } from "../../runtime/train/train-events.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import type { Artifact } from "../artifact.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../diagnostics/render.ts";
import { checkSource } from "./check-source.ts";
import { CompileError } from "./compile-error.ts";
import { compileFile } from "./compile-file.ts";
import type { CompileOptions, SourceText } from "./compile-options.ts";
import type { GenerationSettings, PromptInputs } from "./generate/generation-settings.ts";
import { gradientsOfRecord } from "./gradients/gradients-of-record.ts";
import type {
  AnswerNote,
  AnyInputs,
  ChatOptions,
  Dialogue,
  GeneratorOptions,
  Gradients,
  GradOptions,
  LoadedMode,
  LoadOptions,
  RunSettings,
  TextGenerator,
  TextOptions,
  TrainingOptions,
  TrainingRun,
} from "./library-types.ts";
import { openDialogue, openMode, openTextGenerator } from "./open-loaded.ts";
import { assertOptions } from "./options/option-kinds.ts";
import {
  chatTable,
  compileTable,
  deviceTable,
  generatorTable,
  gradTable,
  loadTable,
  sourceTable,
  trainingTable,
} from "./options/option-tables.ts";
import { type ImageOptions, readImages } from "./read-images.ts";
import { readTexts, type TextForm } from "./read-texts.ts";
import { benchText } from "./text/bench-report.ts";
import type { BenchReport } from "./text/bench-times.ts";
import { plainStyle } from "./text/style.ts";
import { openTrainingRun } from "./training/training-run.ts";

/**
 * Type-checks a `.weft` file, or a text that is on no disk, with all that it imports. No size is needed: what is found
 * is wrong for every size. `diagnosticsText` prints what is found as the command line does.
 *
 * @throws {RuntimeFault} `file-missing`; mistakes in the texts are the result.
 */
export function check(file: CompileOptions["file"]): readonly Diagnostic[] {
  assertOptions("check", { file }, sourceTable, ["file"]);
  return checkSource(file);
}

/** Diagnostics as the command line prints them, with the lines that they are about, and without colours. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  return renderDiagnostics(diagnostics);
}

/**
 * Compiles one mode of a model for any WebGPU device. The artifact is plain data: kernels as WGSL, a plan
 * of every byte, shapes of parameters, inputs and outputs by axis name.
 *
 * @throws {CompileError} with all diagnostics, where the file or what was asked of it is wrong; {RuntimeFault} where an
 * option is unknown, or a file is missing.
 */
export function compile(options: CompileOptions): Artifact {
  assertOptions("compile", options, compileTable, ["file", "model", "mode"]);
  const { artifact, diagnostics } = compileFile(options);
  if (artifact === undefined) throw new CompileError(diagnostics);
  return artifact;
}

/**
 * Compiles one mode for a device, makes its pipelines and buffers, and fills its parameters: from the
 * checkpoint `weights`, or by the module's initialisers (`random:SEED`, the default with seed 0; same bits
 * on every machine). Mistakes in the options and the texts are found before a device is opened.
 *
 * @example
 * const vit = await load({ file: "models/internvit/internvit.weft", model: "InternViT_Ti", mode: "forward" });
 * const { output } = await vit.run({ pixels: "examples/scene.jpg" });   // f32 [B, Tok, D], row-major
 * vit.dispose();
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where an option, the weights or the device are.
 */
export async function load<
  Inputs extends object = AnyInputs,
  Outputs extends object = Record<string, Tensor>,
>(options: LoadOptions): Promise<LoadedMode<Inputs, Outputs>> {
  assertOptions("load", options, loadTable, ["file", "model", "mode"]);
  return openMode<Inputs, Outputs>(options);
}

/**
 * Compiles a mode that generates (`step prefill`, `step decode`) with the choice of tokens on the device:
 * greedy, or sampled with `temperature`, `topK` and `topP`, or searched with `beams`, or both.
 *
 * @example
 * const captions = await loadGenerator({ file, model: "InternVL", mode: "caption", weights });
 * for await (const { text } of captions.stream({ pixels: "examples/scene.jpg" })) process.stdout.write(text);
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where an option, the weights or the device are.
 */
export async function loadGenerator(options: GeneratorOptions): Promise<TextGenerator> {
  assertOptions("loadGenerator", options, generatorTable, ["file", "model", "mode"]);
  return openTextGenerator(options);
}

/**
 * Compiles a mode that reads its prompt `from chat(..)` for a dialogue: every answer reads all that was said.
 *
 * @example
 * const talk = await loadChat({ file, model: "ChatC", weights });
 * await talk.begin("photo.jpg");
 * console.log(await talk.ask("What is this?"));
 * talk.dispose();
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where an option, the weights or the device are.
 */
export async function loadChat(options: ChatOptions): Promise<Dialogue> {
  assertOptions("loadChat", options, chatTable, ["file", "model"]);
  return openDialogue(options);
}

/**
 * The loss of one phase of a stage for one record, and its gradients by what the stage trains.
 *
 * @example
 * const file = "models/internvl/stages.weft";
 * const { loss, gradients } = await grad({ file, stage: "contrast_g", weights, inputs: { pixels, ids } });
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where an option, weights, inputs or the device are.
 */
export async function grad(options: GradOptions): Promise<Gradients> {
  assertOptions("grad", options, gradTable, ["file", "stage", "inputs"]);
  return gradientsOfRecord(options);
}

/**
 * Compiles a phase of a stage and begins its run, or goes on with it: what happens then are the events of the run.
 *
 * @example
 * const run = await train({ file: "digits.weft", stage: "learn", batches: "digits.safetensors", out: "runs/digits" });
 * for await (const event of run) if (event.kind === "step") console.log(event.step, event.loss);
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where an option, the data, the weights, the folder of
 * the run or the device are.
 */
export async function train(options: TrainingOptions): Promise<TrainingRun> {
  assertOptions("train", options, trainingTable, ["file", "stage", "out"]);
  return openTrainingRun(options);
}

/**
 * Opens a device for several `load`s. Without options a hardware adapter, else a software one.
 *
 * @throws {RuntimeFault} `no-adapter`, with what there is.
 */
export async function openDevice(
  options: DeviceOptions = { select: "auto" },
): Promise<DeviceHandle> {
  assertOptions("openDevice", options, deviceTable, ["select"]);
  return openOnMachine(options);
}

/** The report of `profile` as a table for people. */
export function profileText(report: BenchReport): string {
  return benchText(report, plainStyle);
}

export type {
  AnswerNote,
  AnyInputs,
  Artifact,
  BenchReport,
  ChatOptions,
  CompileOptions,
  DeviceHandle as Device,
  DeviceOptions,
  Diagnostic,
  Dialogue,
  EncodedImage,
  Ending,
  GenerationSettings,
  GeneratorOptions,
  Gradients,
  GradOptions,
  ImageOptions,
  InputValue,
  InputValue as RunInput,
  IntegerTensor,
  LoadedMode,
  LoadOptions,
  NumberArray,
  PromptInputs,
  RealTensor,
  RunSettings,
  Sequence,
  ShapedNumbers,
  SourceText,
  Tensor,
  TextForm,
  TextGenerator,
  TextOptions,
  TokenEvent,
  Tokenizer,
  TrainEvent,
  TrainingOptions,
  TrainingRun,
  UnsignedTensor,
};
export {
  CompileError,
  loadTokenizer,
  RuntimeFault,
  readImages,
  readNpy,
  readSafetensors,
  readTexts,
  writeNpy,
  writeSafetensors,
};
