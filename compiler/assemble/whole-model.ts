import { parse } from "../1-parse/parse.ts";
import { type CheckedProgram, checkFiles } from "../2-check/check-files.ts";
import type { ModelOverride } from "../2-check/core/override-table.ts";
import {
  type ElaboratedMode,
  elaborateModel,
  elaborateModes,
} from "../2-check/modes/elaborate-mode.ts";
import { checkpointOf, readsOf } from "../2-check/weights/checkpoint-of.ts";
import { overConfig } from "../2-check/weights/read-config.ts";
import { storagesIn } from "../2-check/weights/storages-in.ts";
import { type CheckpointSurvey, surveyCheckpoint } from "../2-check/weights/survey-checkpoint.ts";
import { countMacs } from "../5-schedule/fuse/count-macs.ts";
import { GraphFacts } from "../5-schedule/fuse/graph-facts.ts";
import type { CompileRequest } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import { extentOf } from "../ops/extent.ts";
import { ops } from "../ops/registry.ts";
import { newSharedWork, optimize } from "../pipeline.ts";
import { reportUnknownAxes } from "./unknown-axes.ts";

/** What a model stores and what its modes take of it, before anything is scheduled. */
export interface ModelCosts {
  readonly model: string;
  /** Every parameter of the model, whether a mode reaches it or not. */
  readonly parameters: readonly StoredParameter[];
  readonly modes: readonly ModeCosts[];
}

export interface StoredParameter {
  readonly path: string;
  readonly elements: number;
}

/** A mode without steps, or one step of a mode. */
interface ModeCosts {
  readonly mode: string;
  readonly step: string | undefined;
  /** Sizes of its free axes. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly parameters: readonly StoredParameter[];
  readonly macs: number;
  readonly paperMacs: number;
}

type ModelOptions = Omit<CompileRequest, "mode" | "profile" | "watch">;

interface CostOptions extends ModelOptions {
  readonly modes: readonly string[];
  /** Told of each mode that is evaluated, and of each form that it has on its way. */
  readonly onStage?: ((stage: string) => void) | undefined;
}

/** Counts a whole model: each mode is evaluated and simplified, but no kernel is made. */
export function costModel(options: CostOptions): {
  readonly costs: ModelCosts | undefined;
  readonly diagnostics: readonly Diagnostic[];
} {
  const sink = new DiagnosticSink();
  const started = start(options, sink);
  if (started === undefined) return { costs: undefined, diagnostics: sink.diagnostics };
  const { program, overrides } = started;
  const { model } = options;
  const { modes: names, onStage } = options;
  const elaborated = elaborateModes(program, { model, modes: names, overrides, sink, onStage });
  const [first] = elaborated ?? [];
  if (first === undefined || sink.hasErrors)
    return { costs: undefined, diagnostics: sink.diagnostics };
  reportUnknownSizes(elaborated ?? [], options, sink);
  if (sink.hasErrors) return { costs: undefined, diagnostics: sink.diagnostics };
  const shared = newSharedWork();
  const modes = (elaborated ?? []).flatMap((one, n) =>
    costsOf(options.modes[n] ?? "", one, options, shared),
  );
  const parameters = first.model.stored.flatMap(({ path, storage, shape }) =>
    storage === "state"
      ? []
      : [{ path, elements: shape.reduce<number>((product, size) => product * (size ?? 0), 1) }],
  );
  return { costs: { model, parameters, modes }, diagnostics: sink.diagnostics };
}

/** What becomes of a checkpoint where the whole model is read, not what one mode reaches. */
export function surveyModel(options: ModelOptions): {
  readonly survey: CheckpointSurvey | undefined;
  readonly diagnostics: readonly Diagnostic[];
} {
  const sink = new DiagnosticSink();
  const started = start(options, sink);
  const { model } = options;
  const made =
    started && elaborateModel(started.program, { model, overrides: started.overrides, sink });
  const chosen = started?.chosen;
  if (made === undefined || chosen === undefined)
    return { survey: undefined, diagnostics: sink.diagnostics };
  const whole = { ...made, stored: storagesIn(made.instance) };
  const survey = surveyCheckpoint(whole, chosen, readsOf(whole, chosen));
  return { survey, diagnostics: sink.diagnostics };
}

function start(options: ModelOptions, sink: DiagnosticSink) {
  const { entry, loader, model, layout, checkpoint } = options;
  const program: CheckedProgram = checkFiles({
    entries: [entry],
    loader,
    parse: options.parse ?? parse,
    sink,
  });
  if (sink.hasErrors) return undefined;
  const chosen = checkpoint && checkpointOf(program, { model, layout, checkpoint, sink });
  if (sink.hasErrors) return undefined;
  const overrides: readonly ModelOverride[] = overConfig(
    chosen?.overrides ?? [],
    options.overrides ?? [],
  );
  return { program, chosen, overrides };
}

/** A size that no mode has an axis for. */
function reportUnknownSizes(
  modes: readonly ElaboratedMode[],
  { sizes = {} }: ModelOptions,
  sink: DiagnosticSink,
): void {
  const axes = modes.flatMap(({ steps }) => steps.flatMap(({ graph }) => graph.freeAxes));
  const known = new Set(axes.map(({ name }) => name));
  const place = modes[0]?.instance.syntax.name.span;
  if (place !== undefined) reportUnknownAxes(Object.keys(sizes), known, place, sink);
}

function costsOf(
  mode: string,
  { steps, build, sizes: table }: ElaboratedMode,
  { sizes = {}, precision = "f32", onStage }: CostOptions,
  shared: ReturnType<typeof newSharedWork>,
): readonly ModeCosts[] {
  return steps.map(({ name, graph }): ModeCosts => {
    const given = graph.freeAxes.map((axis) => [axis, sizes[axis.name] ?? 1] as const);
    const extent = extentOf(table, new Map(given.map(([axis, size]) => [axis.size, size])));
    const watch = onStage && ((form: string) => onStage(`${form} of ${mode}`));
    const optimized = optimize({ graph, build, extent }, { precision, watch }, shared);
    const macs = countMacs(new GraphFacts(optimized, ops, extent));
    return {
      mode,
      step: name === mode ? undefined : name,
      sizes: Object.fromEntries(given.map(([axis, size]) => [axis.name, size])),
      parameters: optimized.stored.flatMap(({ kind, path, dimensions }) => {
        if (kind === "state") return [];
        const axes = dimensions.flatMap((dimension) => dimension.axes);
        return [{ path, elements: axes.reduce((product, axis) => product * extent(axis), 1) }];
      }),
      macs: macs.exact,
      paperMacs: macs.paper,
    };
  });
}
