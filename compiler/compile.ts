import { parse } from "./1-parse/parse.ts";
import { checkFiles } from "./2-check/check-files.ts";
import { type CellPick, modelOfCell } from "./2-check/experiments/find-cell.ts";
import type { Parse } from "./2-check/load/load-files.ts";
import { type ElaboratedMode, elaborateMode } from "./2-check/modes/elaborate-mode.ts";
import { promptPositions } from "./2-check/modes/prompt-positions.ts";
import { chooseTokens } from "./2-check/sampling/choose-tokens.ts";
import { samplingFile } from "./2-check/sampling/sampling-caller.ts";
import { checkpointOf, readsOf } from "./2-check/weights/checkpoint-of.ts";
import { overConfig } from "./2-check/weights/read-config.ts";
import { type CheckpointSurvey, surveyCheckpoint } from "./2-check/weights/survey-checkpoint.ts";
import { quantizedGroup } from "./5-schedule/rewrite/quantize-weights.ts";
import type { Artifact } from "./artifact.ts";
import { areSizesRight, assembleArtifact } from "./assemble/assemble-artifact.ts";
import type { SizedStep } from "./assemble/interface-specs.ts";
import { reportUnknownAxes } from "./assemble/unknown-axes.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { invariant } from "./diagnostics/internal-error.ts";
import { DiagnosticSink } from "./diagnostics/sink.ts";
import { nearestNames } from "./diagnostics/suggest.ts";
import type { DeviceProfile } from "./ir/device-profile.ts";
import type { KernelProgram } from "./ir/kernel/kernel.ts";
import { extentOf } from "./ops/extent.ts";
import type { ProgramOptions, StepRequest } from "./program-options.ts";
import type { SourceLoader } from "./source/source-loader.ts";

/** Where texts come from, what is set in them and for which device: of a mode and of a stage alike. */
export interface SourceRequest {
  /** Specifier of the file to start from, as the loader knows it. */
  readonly entry: string;
  readonly loader: SourceLoader;
  /** In the place of `parse`: one that remembers what it has read. */
  readonly parse?: Parse | undefined;
  /** Sizes of free axes by name; those not given are 1 unless the plan needs them, which is asked for by name. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** `--set path=value`, in order. */
  readonly overrides?: readonly Override[] | undefined;
  /** The checkpoint's header and its `config.json`, where there is one. */
  readonly checkpoint?: CheckpointHeader | undefined;
  /** Without one the program uses what every WebGPU device has, and nothing is cut or refused for its size. */
  readonly profile?: DeviceProfile | undefined;
  /** Told the text of each form of the program as it stands: `graph`, each pass, `optimized`, `kernels`. */
  readonly watch?: ((step: string, text: () => string) => void) | undefined;
  /** Told the program's kernels as schedules are chosen for them. */
  readonly onKernels?: ((program: KernelProgram) => void) | undefined;
  /** Told what becomes of the tensors of `checkpoint`, also where they do not fit. */
  readonly onCheckpoint?: ((survey: CheckpointSurvey) => void) | undefined;
}

/** What to compile and for what. Everything that the result depends on is here: same request, same artifact. */
export interface CompileRequest extends SourceRequest, ProgramOptions {
  readonly model: string;
  readonly mode: string;
  /** The model is that of a cell of an experiment, which `overrides` do not change any more. */
  readonly cell?: CellPick | undefined;
}

interface Override {
  readonly path: string;
  readonly value: number | boolean | string;
}

/** Settings and axes of a model by path. They are nothing to a model of another name. */
interface ModelSettings {
  readonly model: string;
  readonly set: Readonly<Record<string, number | boolean | string>>;
}

export interface CheckpointHeader {
  /** Text of `config.json`; undefined where the checkpoint has none. */
  readonly config: string | undefined;
  /** What a run set in its model, where the checkpoint is one of a run. */
  readonly settings?: ModelSettings | undefined;
  /** Every tensor's shape by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

export interface CompileResult {
  /** Absent where there are errors. */
  readonly artifact: Artifact | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The one public entry: texts and options in, a program or diagnostics out. What the user got wrong is
 * reported; nothing is thrown for it.
 */
export function compile(options: CompileRequest): CompileResult {
  return elaborate(options).compile(options);
}

/** A request as far as no device has a say in it, and the program that it becomes on one. */
export interface Elaboration {
  /**
   * What is wrong with the texts, the model and its mode, settings, sizes, and whether the checkpoint fits. What
   * `compile` finds beyond that is about limits and budgets.
   */
  readonly diagnostics: readonly Diagnostic[];
  /** Goes on with the values of the elaboration, and so does it only once. Its diagnostics are all that there are. */
  readonly compile: (target: CompileTarget) => CompileResult;
}

/** What is known of a program only once its device is. */
type CompileTarget = Pick<CompileRequest, "profile" | "watch" | "onKernels">;

/** Everything of a compilation that needs no device: costs no kernels. */
export function elaborate(request: CompileRequest): Elaboration {
  const sink = new DiagnosticSink();
  const found = elaborateInto(sink, request);
  let isSpent = false;
  return {
    diagnostics: sink.diagnostics,
    compile({ profile, watch, onKernels }) {
      invariant(!isSpent, "an elaboration makes one program");
      isSpent = true;
      const artifact =
        found && assembleInto(sink, { ...request, profile, watch, onKernels }, found);
      return { artifact: sink.hasErrors ? undefined : artifact, diagnostics: sink.diagnostics };
    },
  };
}

/** Everything that is known before kernels are made; undefined where there are errors. */
function elaborateInto(sink: DiagnosticSink, options: CompileRequest) {
  const { entry, loader, model, mode, layout, checkpoint, sampling } = options;
  const standard = sampling === undefined ? [] : [samplingFile];
  const checked = checkFiles({
    entries: [entry],
    standard,
    loader,
    parse: options.parse ?? parse,
    sink,
  });
  if (sink.hasErrors) return undefined;
  const chosen = checkpoint && checkpointOf(checked, { model, layout, checkpoint, sink });
  if (sink.hasErrors) return undefined;
  const overrides = overConfig(chosen?.overrides ?? [], options.overrides ?? []);
  const behind = sampling && chooseTokens(checked, sampling);
  const made = options.cell && modelOfCell(checked, options.cell, sink);
  if (sink.hasErrors) return undefined;
  const elaborated = elaborateMode(checked, { model, mode, overrides, made, sink, behind });
  if (elaborated === undefined) return undefined;
  const reads = chosen && readsOf(elaborated, chosen);
  if (chosen && reads) options.onCheckpoint?.(surveyCheckpoint(elaborated, chosen, reads));
  const steps = sizedSteps(elaborated, options, sink);
  return areSizesRight(steps, sink) ? { elaborated, reads, steps } : undefined;
}

function assembleInto(
  sink: DiagnosticSink,
  options: CompileRequest,
  { elaborated, reads, steps }: NonNullable<ReturnType<typeof elaborateInto>>,
): Artifact {
  const { model, mode, sampling } = options;
  const made = assembleArtifact({ ...elaborated, model, mode, steps, reads }, options, sink);
  if (options.quantize !== undefined && made.built.quantized.size === 0)
    reportUnquantized(steps, mode, sink);
  if (sampling === undefined) return made.artifact;
  const specs = made.artifact.steps.map((spec, n) => {
    const step = steps[n];
    const positions = step && promptPositions(step.graph, step.extent);
    return positions === undefined ? spec : { ...spec, positions };
  });
  return { ...made.artifact, steps: specs };
}

function reportUnquantized(steps: readonly SizedStep[], mode: string, sink: DiagnosticSink): void {
  const [place] = steps.flatMap(({ graph }) => [...graph.stored, ...graph.inputs]);
  if (place !== undefined)
    sink.report("nothing-to-quantize", place.span, { mode, group: quantizedGroup });
}

/** The steps that are asked for, each with its sizes; without a request every step once. */
function sizedSteps(
  { steps, build, sizes }: ElaboratedMode,
  options: CompileRequest,
  sink: DiagnosticSink,
): readonly SizedStep[] {
  const [place] = steps.flatMap(({ graph }) => [...graph.inputs, ...graph.stored]);
  const known = new Set(steps.flatMap(({ graph }) => graph.freeAxes.map(({ name }) => name)));
  const wanted: readonly StepRequest[] =
    options.steps ?? steps.map(({ name }) => ({ name, sizes: {} }));
  const given = [options.sizes ?? {}, ...wanted.map((step) => step.sizes)];
  const named = given.flatMap((own) => Object.keys(own));
  if (place !== undefined) reportUnknownAxes(named, known, place.span, sink);
  return wanted.flatMap((request): readonly SizedStep[] => {
    const { name } = request;
    const step = steps.find((other) => other.name === name);
    if (step === undefined) {
      const available = steps.map((other) => other.name);
      const nearest = nearestNames(name, available);
      if (place !== undefined)
        sink.report("unknown-step", place.span, { name, nearest, available });
      return [];
    }
    const { graph } = step;
    const numbers = graph.freeAxes.map(
      (axis) => [axis, request.sizes[axis.name] ?? options.sizes?.[axis.name] ?? 1] as const,
    );
    const extent = extentOf(sizes, new Map(numbers.map(([axis, size]) => [axis.size, size])));
    const own = Object.fromEntries(numbers.map(([axis, size]) => [axis.name, size]));
    return [{ name, graph, build, extent, sizes: own }];
  });
}
