import { cwd } from "node:process";
import type { CheckpointSurvey } from "../2-check/weights/survey-checkpoint.ts";
import { costModel, surveyModel } from "../assemble/whole-model.ts";
import { type CompileResult, compile } from "../compile.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { KernelProgram } from "../ir/kernel/kernel.ts";
import { type ProgramOptions, programOptionsIn } from "../program-options.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import { checkpointHeader } from "./load/checkpoint-header.ts";
import { diskLoader } from "./load/disk-loader.ts";
import { existingFile } from "./load/existing-file.ts";

/** What to compile, named as a person names it. */
export interface CompileOptions extends ProgramOptions {
  /** The `.weft` file: a path, or a `file:` URL. */
  readonly file: string | URL;
  readonly model: string;
  readonly mode: string;
  /** Sizes of the mode's free axes by name, such as `{ B: 8 }`. What is not given is 1. */
  readonly sizes?: Readonly<Record<string, number | undefined>> | undefined;
  /** Settings and owned axes by path, as `--set` takes them: `{ image: 448 }`. */
  readonly set?: Readonly<Record<string, number | boolean | string>> | undefined;
  /** A checkpoint (file or folder) whose `config.json` and shapes the program is made for, or `random:SEED`. */
  readonly weights?: string | undefined;
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
    profile,
    watch,
    onKernels,
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
  return {
    ...programOptionsIn(options),
    entry: existingFile(options.file),
    loader,
    model: options.model,
    sizes: givenSizes(options.sizes),
    overrides: Object.entries(options.set ?? {}).map(([path, value]) => ({ path, value })),
    checkpoint: options.weights === undefined ? undefined : checkpointHeader(options.weights),
  };
}

function givenSizes(sizes: CompileOptions["sizes"]): Record<string, number> {
  const given: Record<string, number> = {};
  for (const [name, size] of Object.entries(sizes ?? {}))
    if (size !== undefined) given[name] = size;
  return given;
}
