import { parse } from "./1-parse/parse.ts";
import { checkFiles } from "./2-check/check-files.ts";
import { type ElaboratedMode, elaborateMode } from "./2-check/elaborate-mode.ts";
import { checkpointOf, readsOf } from "./2-check/weights/checkpoint-of.ts";
import type { ElaboratedCheckpoint } from "./2-check/weights/elaborate-checkpoint.ts";
import { overConfig } from "./2-check/weights/read-config.ts";
import { initialiserOf } from "./5-schedule/initialiser.ts";
import type {
  Artifact,
  CheckpointRead,
  CheckpointSpec,
  Dimension,
  InputSpec,
  OutputSpec,
  ParameterSpec,
} from "./artifact.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { invariant } from "./diagnostics/internal-error.ts";
import { DiagnosticSink } from "./diagnostics/sink.ts";
import { nearestNames } from "./diagnostics/suggest.ts";
import { type DeviceProfile, portableProfile } from "./ir/device-profile.ts";
import type { ElementType, StoredDimension } from "./ir/graph.ts";
import type { Extent } from "./ops/define-op.ts";
import { extentOf } from "./ops/extent.ts";
import { type BoundGraph, type BuiltProgram, buildProgram } from "./pipeline.ts";
import { reportLimits } from "./report-limits.ts";
import type { SourceLoader } from "./source/source-loader.ts";

/** What to compile and for what. Everything that the result depends on is here: same options, same artifact. */
export interface CompileOptions {
  /** Specifier of the file to start from, as the loader knows it. */
  readonly entry: string;
  readonly loader: SourceLoader;
  readonly model: string;
  readonly mode: string;
  /** Sizes of free axes by name; those not given are 1 unless the plan needs them, which is asked for by name. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** `--set path=value`, in order. */
  readonly overrides?: readonly Override[];
  /** Name of a `weights` block; without it the one that fits `checkpoint` is taken. */
  readonly layout?: string;
  /** The checkpoint's header and its `config.json`, where there is one. */
  readonly checkpoint?: CheckpointHeader;
  readonly precision?: "f32" | "f16";
  /** Without one the program uses what every WebGPU device has, and nothing is cut or refused for its size. */
  readonly profile?: DeviceProfile;
  /** Told the text of each form of the program as it stands: `graph`, each pass, `optimized`, `kernels`. */
  readonly watch?: (step: string, text: () => string) => void;
}

export interface Override {
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
export function compile(options: CompileOptions): CompileResult {
  const sink = new DiagnosticSink();
  const artifact = compileInto(sink, options);
  return { artifact: sink.hasErrors ? undefined : artifact, diagnostics: sink.diagnostics };
}

function compileInto(sink: DiagnosticSink, options: CompileOptions): Artifact | undefined {
  const { entry, loader, model, mode, layout, checkpoint } = options;
  const checked = checkFiles({ entries: [entry], loader, parse, sink });
  if (sink.hasErrors) return undefined;
  const chosen = checkpoint && checkpointOf(checked, { model, layout, checkpoint, sink });
  if (sink.hasErrors) return undefined;
  const overrides = overConfig(chosen?.overrides ?? [], options.overrides ?? []);
  const elaborated = elaborateMode(checked, { model, mode, overrides, sink });
  if (elaborated === undefined) return undefined;
  const isPlain = elaborated.steps.every((step) => step.graph.states.length === 0);
  if (elaborated.steps.length > 1 || !isPlain) {
    const span = elaborated.instance.modes.get(mode)?.span ?? elaborated.instance.syntax.name.span;
    sink.report("not-supported-yet", span, {
      feature: `the mode \`${mode}\`, which keeps a state,`,
    });
    return undefined;
  }
  const reads = chosen && readsOf(elaborated, chosen);
  const sizes = freeSizes(elaborated, options, sink);
  if (sizes === undefined || sink.hasErrors) return undefined;
  const { graph, build } = elaborated;
  const numbers = graph.freeAxes.map((axis) => [axis.size, sizes[axis.name] ?? 1] as const);
  const extent = extentOf(elaborated.sizes, new Map(numbers));
  const { precision = "f32", profile = anyDevice, watch } = options;
  const built = buildProgram(
    { graph, build, extent },
    { precision, profile, ...(watch === undefined ? {} : { watch }) },
  );
  if (options.profile !== undefined) reportLimits(built, options.profile, sink);
  return {
    version: artifactVersion,
    model,
    mode,
    sizes,
    ...interfaceOf(built, extent),
    program: built.program,
    macs: built.macs.exact,
    paperMacs: built.macs.paper,
    checkpoint: reads && checkpointSpec(reads, built, { build, extent }, profile),
  };
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
    reads: built.graph.parameters.map(({ path }): CheckpointRead => {
      const read = byPath.get(path);
      invariant(read !== undefined, `nothing says where ${path} comes from`);
      const { resample } = read;
      if (resample === undefined) return { parameter: path, source: read.source, resample };
      const resized = buildProgram(
        { ...bound, graph: resample.graph },
        { precision: "f32", profile },
      );
      const [input = -1] = resized.interface.inputs;
      const [output = -1] = resized.interface.outputs;
      const { shape } = resample;
      return {
        parameter: path,
        source: read.source,
        resample: { shape, program: resized.program, input, output },
      };
    }),
  };
}

const anyDevice: DeviceProfile = {
  ...portableProfile,
  maxStorageBufferBindingSize: Number.MAX_SAFE_INTEGER,
  maxBufferSize: Number.MAX_SAFE_INTEGER,
};

/** Raised whenever the meaning of an artifact changes, so that a runtime can refuse an older one. */
const artifactVersion = 1;

/** A number for every free axis of the call. */
function freeSizes(
  { graph }: ElaboratedMode,
  { sizes = {} }: CompileOptions,
  sink: DiagnosticSink,
): Record<string, number> | undefined {
  const known = graph.freeAxes.map((axis) => axis.name);
  const place = graph.inputs[0]?.span ?? graph.parameters[0]?.span;
  for (const name of Object.keys(sizes)) {
    if (known.includes(name) || place === undefined) continue;
    sink.report("unknown-axis", place, { name, nearest: nearestNames(name, known) });
  }
  if (sink.hasErrors) return undefined;
  return Object.fromEntries(known.map((name) => [name, sizes[name] ?? 1]));
}

function interfaceOf(
  built: BuiltProgram,
  extent: Extent,
): Pick<Artifact, "parameters" | "inputs" | "outputs"> {
  const { graph, facts, interface: tensors } = built;
  const tensorAt = (list: readonly number[], n: number): number => {
    const tensor = list[n];
    invariant(tensor !== undefined, "a part of the mode has no tensor");
    return tensor;
  };
  const partsOf = (tensor: number): Pick<ParameterSpec, "parts"> => {
    const parts = built.parts.get(tensor);
    return parts === undefined ? {} : { parts };
  };
  const shapeOf = (dimensions: readonly StoredDimension[]): readonly Dimension[] =>
    dimensions.map(({ name, axes }) => ({
      name,
      size: axes.reduce((product, axis) => product * extent(axis), 1),
    }));
  return {
    parameters: graph.parameters.map(
      (parameter, n): ParameterSpec => ({
        path: parameter.path,
        shape: shapeOf(parameter.dimensions),
        tensor: tensorAt(tensors.parameters, n),
        ...partsOf(tensorAt(tensors.parameters, n)),
        ...initialiserOf(parameter, facts),
      }),
    ),
    inputs: graph.inputs.map(
      ({ name, value, dimensions, reader }, n): InputSpec => ({
        name,
        element: borderElement(value.type.element),
        shape: shapeOf(dimensions),
        tensor: tensorAt(tensors.inputs, n),
        reader,
      }),
    ),
    outputs: graph.outputs.map(
      ({ name, value, dimensions }, n): OutputSpec => ({
        name,
        element: borderElement(value.type.element),
        shape: shapeOf(dimensions),
        tensor: tensorAt(tensors.outputs, n),
      }),
    ),
  };
}

/** What crosses the border is wide: floats are f32 there. */
function borderElement(element: ElementType): InputSpec["element"] {
  if (element === "bool") return "bool";
  return element === "i32" || element === "u32" ? "i32" : "f32";
}
