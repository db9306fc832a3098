import type { CheckpointSurvey } from "../2-check/weights/survey-checkpoint.ts";
import { costModel, surveyModel } from "../assemble/whole-model.ts";
import { type CompileResult, compile, type Elaboration, elaborate } from "../compile.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { KernelProgram } from "../ir/kernel/kernel.ts";
import { programOptionsIn } from "../program-options.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import type { CompileOptions } from "./compile-options.ts";
import { checkpointHeader } from "./load/checkpoint-header.ts";
import { namedSource } from "./load/named-source.ts";
import { parseOnce } from "./load/parse-once.ts";
import { pickCell } from "./studies/identify-cell.ts";

/** Reads the file, its imports and the checkpoint's headers from the disk, and compiles one mode. */
export function compileFile(
  options: CompileOptions,
  profile?: DeviceProfile,
  watch?: (step: string, text: () => string) => void,
  loader?: SourceLoader,
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

/** The same as far as no device has a say in it. */
export function elaborateFile(options: CompileOptions, loader?: SourceLoader): Elaboration {
  return elaborate({ ...requestOf(options, loader), mode: options.mode });
}

/** The same for all modes at once, up to their counts. */
export function costFile(
  options: CompileOptions,
  modes: readonly string[],
  onStage?: (stage: string) => void,
): ReturnType<typeof costModel> {
  return costModel({ ...requestOf(options), modes, onStage });
}

/** How the checkpoint of the options fits a mode, or the whole model, and the program where there is one. */
export function surveyFile(
  options: Omit<CompileOptions, "mode">,
  mode: string | undefined,
): CompileResult & { readonly survey: CheckpointSurvey | undefined } {
  const request = requestOf(options);
  if (mode === undefined) return { artifact: undefined, ...surveyModel(request) };
  let survey: CheckpointSurvey | undefined;
  const onCheckpoint = (found: CheckpointSurvey): void => {
    survey = found;
  };
  return { ...compile({ ...request, mode, onCheckpoint }), survey };
}

function requestOf(options: Omit<CompileOptions, "mode">, given?: SourceLoader) {
  const { entry, loader } = namedSource(options.file);
  return {
    ...programOptionsIn(options),
    entry,
    loader: given ?? loader(),
    parse: parseOnce,
    model: options.model,
    cell: options.cell && pickCell(options.cell),
    sizes: givenSizes(options.sizes),
    overrides: Object.entries(options.set ?? {}).map(([path, value]) => ({ path, value })),
    checkpoint: options.weights === undefined ? undefined : checkpointHeader(options.weights),
  };
}

/** Without the names that have no size. */
export function givenSizes(sizes: CompileOptions["sizes"]): Record<string, number> {
  const given: Record<string, number> = {};
  for (const [name, size] of Object.entries(sizes ?? {}))
    if (size !== undefined) given[name] = size;
  return given;
}
