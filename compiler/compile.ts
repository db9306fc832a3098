import { parse } from "./1-parse/parse.ts";
import { checkFiles } from "./2-check/check-files.ts";
import { type ElaboratedMode, elaborateMode } from "./2-check/modes/elaborate-mode.ts";
import { promptPositions } from "./2-check/modes/prompt-positions.ts";
import { chooseTokens } from "./2-check/sampling/choose-tokens.ts";
import { samplingFile } from "./2-check/sampling/sampling-caller.ts";
import { checkpointOf, readsOf } from "./2-check/weights/checkpoint-of.ts";
import type { ElaboratedCheckpoint } from "./2-check/weights/elaborate-checkpoint.ts";
import { overConfig } from "./2-check/weights/read-config.ts";
import { type CheckpointSurvey, surveyCheckpoint } from "./2-check/weights/survey-checkpoint.ts";
import { quantizedGroup } from "./5-schedule/rewrite/quantize-weights.ts";
import type { Artifact, CheckpointRead, CheckpointSpec } from "./artifact.ts";
import { type SizedStep, stepSpec, storedIn, storedSpecs } from "./assemble/interface-specs.ts";
import { reportEmpty } from "./assemble/report-empty.ts";
import { reportBudget, reportLimits } from "./assemble/report-limits.ts";
import { reportSizes } from "./assemble/report-sizes.ts";
import { reportUnknownAxes } from "./assemble/unknown-axes.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { invariant } from "./diagnostics/internal-error.ts";
import { DiagnosticSink } from "./diagnostics/sink.ts";
import { nearestNames } from "./diagnostics/suggest.ts";
import { type DeviceProfile, portableProfile } from "./ir/device-profile.ts";
import type { KernelProgram } from "./ir/kernel/kernel.ts";
import { extentOf } from "./ops/extent.ts";
import { type BoundGraph, type BuiltProgram, type BuiltStep, buildProgram } from "./pipeline.ts";
import type { ProgramOptions, StepRequest } from "./program-options.ts";
import type { SourceLoader } from "./source/source-loader.ts";

/** What to compile and for what. Everything that the result depends on is here: same request, same artifact. */
export interface CompileRequest extends ProgramOptions {
  /** Specifier of the file to start from, as the loader knows it. */
  readonly entry: string;
  readonly loader: SourceLoader;
  readonly model: string;
  readonly mode: string;
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

interface Override {
  readonly path: string;
  readonly value: number | boolean | string;
}

export interface CheckpointHeader {
  /** Text of `config.json`; undefined where the checkpoint has none. */
  readonly config: string | undefined;
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
  const sink = new DiagnosticSink();
  const artifact = compileInto(sink, options);
  return { artifact: sink.hasErrors ? undefined : artifact, diagnostics: sink.diagnostics };
}

/**
 * What is wrong with a request as far as no device has a say in it: the texts, the model and its mode, settings, sizes,
 * and whether the checkpoint fits. What `compile` finds beyond that is about limits and budgets.
 */
export function examine(request: CompileRequest): readonly Diagnostic[] {
  const sink = new DiagnosticSink();
  elaborateInto(sink, request);
  return sink.diagnostics;
}

/** Everything that is known before kernels are made; undefined where there are errors. */
function elaborateInto(sink: DiagnosticSink, options: CompileRequest) {
  const { entry, loader, model, mode, layout, checkpoint, sampling } = options;
  const standard = sampling === undefined ? [] : [samplingFile];
  const checked = checkFiles({ entries: [entry], standard, loader, parse, sink });
  if (sink.hasErrors) return undefined;
  const chosen = checkpoint && checkpointOf(checked, { model, layout, checkpoint, sink });
  if (sink.hasErrors) return undefined;
  const overrides = overConfig(chosen?.overrides ?? [], options.overrides ?? []);
  const behind = sampling && chooseTokens(checked, sampling);
  const elaborated = elaborateMode(checked, { model, mode, overrides, sink, behind });
  if (elaborated === undefined) return undefined;
  const reads = chosen && readsOf(elaborated, chosen);
  if (chosen && reads) options.onCheckpoint?.(surveyCheckpoint(elaborated, chosen, reads));
  const steps = sizedSteps(elaborated, options, sink);
  for (const { graph, extent } of steps) reportEmpty(graph, extent, sink);
  reportSizes(steps, sink);
  return sink.hasErrors ? undefined : { elaborated, reads, steps };
}

function compileInto(sink: DiagnosticSink, options: CompileRequest): Artifact | undefined {
  const found = elaborateInto(sink, options);
  if (found === undefined) return undefined;
  const { elaborated, reads, steps } = found;
  const { model, mode, sampling, precision = "f32", profile = anyDevice } = options;
  const built = buildProgram(steps, { ...options, precision, profile });
  reportBudget(built, sink);
  if (options.profile !== undefined) reportLimits(built, options.profile, sink);
  if (options.quantize !== undefined && built.quantized.size === 0)
    reportUnquantized(steps, mode, sink);
  const specs = steps.map((step, n) => {
    const positions = sampling && promptPositions(step.graph, step.extent);
    const spec = stepSpec(built.steps[n] as BuiltStep, step);
    return positions === undefined ? spec : { ...spec, positions };
  });
  const [first] = specs;
  const [{ extent } = { extent: extentOf(elaborated.sizes, new Map()) }] = steps;
  invariant(first !== undefined, "a mode without a step");
  const { build } = elaborated;
  return {
    version: artifactVersion,
    model,
    mode,
    sizes: first.sizes,
    stored: storedSpecs(built, steps),
    inputs: first.inputs,
    outputs: first.outputs,
    steps: specs,
    program: built.program,
    macs: first.macs,
    paperMacs: first.paperMacs,
    checkpoint: reads && checkpointSpec(reads, built, { build, extent }, profile),
  };
}

function reportUnquantized(steps: readonly SizedStep[], mode: string, sink: DiagnosticSink): void {
  const [place] = steps.flatMap(({ graph }) => [...graph.stored, ...graph.inputs]);
  if (place !== undefined)
    sink.report("nothing-to-quantize", place.span, { mode, group: quantizedGroup });
}

/** What the runtime reads for each parameter; a grid of another size gets a program of its own. */
function checkpointSpec(
  { layout, prefix, ignore, reads }: ElaboratedCheckpoint,
  built: BuiltProgram,
  bound: Omit<BoundGraph, "graph">,
  profile: DeviceProfile,
): CheckpointSpec {
  const byPath = new Map(reads.map((read) => [read.parameter, read]));
  return {
    layout,
    prefix,
    ignore,
    reads: storedIn(built).flatMap(({ stored: { kind, path } }): readonly CheckpointRead[] => {
      if (kind === "state") return [];
      const read = byPath.get(path);
      invariant(read !== undefined, `nothing says where ${path} comes from`);
      const { resample } = read;
      if (resample === undefined) return [{ parameter: path, source: read.source, resample }];
      const step = { ...bound, name: "resample", graph: resample.graph };
      const resized = buildProgram([step], { precision: "f32", profile });
      const [input = -1] = resized.steps[0]?.interface.inputs ?? [];
      const [output = -1] = resized.steps[0]?.interface.outputs ?? [];
      const { shape } = resample;
      const program = { shape, program: resized.program, input, output };
      return [{ parameter: path, source: read.source, resample: program }];
    }),
  };
}

const anyDevice: DeviceProfile = {
  ...portableProfile,
  maxStorageBufferBindingSize: Number.MAX_SAFE_INTEGER,
  maxBufferSize: Number.MAX_SAFE_INTEGER,
};

/** Raised whenever the meaning of an artifact changes, so that a runtime can refuse an older one. */
const artifactVersion = 5;

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
