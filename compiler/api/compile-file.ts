import { cwd } from "node:process";
import type { Sampling } from "../2-check/sampling/sample-steps.ts";
import type { CheckpointSurvey } from "../2-check/weights/survey-checkpoint.ts";
import { costModel, surveyModel } from "../assemble/whole-model.ts";
import { type CompileResult, compile, type StepRequest } from "../compile.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { KernelProgram } from "../ir/kernel/kernel.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import { checkpointHeader } from "./load/checkpoint-header.ts";
import { diskLoader } from "./load/disk-loader.ts";
import { existingFile } from "./load/existing-file.ts";

/** What to compile, named as a person names it. */
export interface CompileOptions {
  /** The `.weft` file: a path, or a `file:` URL. */
  readonly file: string | URL;
  readonly model: string;
  readonly mode: string;
  /** Sizes of the mode's free axes by name, such as `{ B: 8 }`. What is not given is 1. */
  readonly sizes?: Readonly<Record<string, number | undefined>>;
  /** Steps of the mode to compile, each at the sizes given here; without it every step once. */
  readonly steps?: readonly StepRequest[];
  /** Settings and owned axes by path, as `--set` takes them: `{ image: 448 }`. */
  readonly set?: Readonly<Record<string, number | boolean | string>>;
  /** A checkpoint (file or folder) whose `config.json` and shapes the program is made for, or `random:SEED`. */
  readonly weights?: string;
  /** Name of a `weights` block; without it the one that fits the checkpoint. */
  readonly layout?: string;
  /** How a step that results in logits chooses a token from them. */
  readonly sampling?: Sampling;
  /** The float that `real` stands for. Sums and norms stay f32 either way. Default `f32`. */
  readonly precision?: "f32" | "f16";
  /** Stores weights as whole numbers of 8 or 4 bits with a scale for each 32 of them; arithmetic stays f32. */
  readonly quantize?: "int8" | "int4";
  /**
   * Bytes that the program may hold on the device. Weights beyond that are brought to it for each run, a
   * group of layers at a time.
   */
  readonly memory?: number;
}

/** Reads the file, its imports and the checkpoint's headers from the disk, and compiles one mode. */
export function compileFile(
  options: CompileOptions,
  profile?: DeviceProfile,
  watch?: (step: string, text: () => string) => void,
  loader: SourceLoader = diskLoader(cwd()),
  onKernels?: (program: KernelProgram) => void,
): CompileResult {
  return compile({
    ...requestOf(options, loader),
    mode: options.mode,
    ...(profile === undefined ? {} : { profile }),
    ...(watch === undefined ? {} : { watch }),
    ...(onKernels === undefined ? {} : { onKernels }),
  });
}

/** The same for all modes at once, up to their counts. */
export function costFile(
  options: CompileOptions,
  modes: readonly string[],
): ReturnType<typeof costModel> {
  return costModel({ ...requestOf(options, diskLoader(cwd())), modes });
}

/** How the checkpoint of the options fits a mode, or the whole model, and the program where there is one. */
export function surveyFile(
  options: Omit<CompileOptions, "mode">,
  mode: string | undefined,
): CompileResult & { readonly survey: CheckpointSurvey | undefined } {
  const request = requestOf(options, diskLoader(cwd()));
  if (mode === undefined) return { artifact: undefined, ...surveyModel(request) };
  let survey: CheckpointSurvey | undefined;
  const onCheckpoint = (found: CheckpointSurvey): void => {
    survey = found;
  };
  return { ...compile({ ...request, mode, onCheckpoint }), survey };
}

function requestOf(options: Omit<CompileOptions, "mode">, loader: SourceLoader) {
  const checkpoint = options.weights === undefined ? undefined : checkpointHeader(options.weights);
  return {
    entry: existingFile(options.file),
    loader,
    model: options.model,
    sizes: givenSizes(options.sizes),
    overrides: Object.entries(options.set ?? {}).map(([path, value]) => ({ path, value })),
    ...(options.steps === undefined ? {} : { steps: options.steps }),
    ...(options.layout === undefined ? {} : { layout: options.layout }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(options.quantize === undefined ? {} : { quantize: options.quantize }),
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
  };
}

function givenSizes(sizes: CompileOptions["sizes"]): Record<string, number> {
  const given: Record<string, number> = {};
  for (const [name, size] of Object.entries(sizes ?? {}))
    if (size !== undefined) given[name] = size;
  return given;
}
