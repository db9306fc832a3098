import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Graph } from "../../ir/graph/graph.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, everything } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import type { Instance, Mode, Storage } from "../core/entity.ts";
import { type ModelOverride, OverrideTable } from "../core/override-table.ts";
import { fileEnv } from "../core/root-frame.ts";
import { findModel } from "../load/find-model.ts";
import type { LoadedProgram } from "../load/load-files.ts";
import { describeModel, type ModelTree } from "../parts/model-tree.ts";
import { newChecker } from "../parts/new-checker.ts";
import { storagesOf } from "./graph-stored.ts";
import { type SharedBySteps, stepGraph } from "./step-graph.ts";

interface ModeRequest {
  readonly model: string;
  readonly mode: string;
  readonly overrides: readonly ModelOverride[];
  readonly sink: DiagnosticSink;
  /** The model as somebody has made it already; then neither its name nor overrides are asked for. */
  readonly made?: MadeModel | undefined;
  /** Goes on behind the results of each step. */
  readonly behind?: StepExtension | undefined;
}

/** A model with everything bound. */
interface MadeModel {
  readonly checker: Checker;
  readonly instance: Instance;
}

/**
 * What goes on behind a step, in Weft text or with values of other phases, while its elaboration still
 * stands: gets the graph and where the step's result is written, and gives the longer graph. Undefined after
 * a report.
 */
export type StepExtension = (checker: Checker, graph: Graph, result: Span) => Graph | undefined;

/** One step of a mode as a program of its own. A mode without steps is one step, called like the mode. */
interface ModeStep {
  readonly name: string;
  readonly graph: Graph;
}

/** A mode as programs, with all that later phases ask about it. */
export interface ElaboratedMode {
  /**
   * In the order in which they are written. They share the values of what is stored, and the
   * free axes of equal names.
   */
  readonly steps: readonly ModeStep[];
  /** Of the first step. */
  readonly graph: Graph;
  /** Made the sizes and values of the graph; what changes it goes on with these. */
  readonly build: Checker["build"];
  readonly sizes: Checker["sizes"];
  readonly model: ModelTree;
  /** The elaboration itself and the model in it, for weights and resampling; nothing outside this phase reads them. */
  readonly checker: Checker;
  readonly instance: Instance;
  /** The parameters and buffers that the steps read, in the order of declaration. */
  readonly stored: readonly Storage[];
}

/** Instantiates a model with its sizes and settings and evaluates one of its modes to a graph. */
export function elaborateMode(
  program: LoadedProgram,
  request: ModeRequest,
): ElaboratedMode | undefined {
  return elaborateModes(program, { ...request, modes: [request.mode] })?.[0];
}

/**
 * The same for several modes of one model. They share parts, free axes of equal names, and values: what
 * two modes compute alike is there once.
 */
export function elaborateModes(
  program: LoadedProgram,
  request: Omit<ModeRequest, "mode"> & {
    readonly modes: readonly string[];
    /** Told of each mode before it is evaluated. */
    readonly onStage?: ((mode: string) => void) | undefined;
  },
): readonly ElaboratedMode[] | undefined {
  const made = request.made ?? elaborateModel(program, request);
  if (made === undefined) return undefined;
  const shared = { axes: new Map(), starts: new Map() };
  const model = describeModel(made.checker, made.instance);
  const elaborated: ElaboratedMode[] = [];
  for (const mode of request.modes) {
    request.onStage?.(mode);
    const found = findMode(made.checker, made.instance, { ...request, mode });
    const steps = found && stepsOf(made.checker, made.instance, found, { shared, ...request });
    if (steps === undefined) return undefined;
    elaborated.push({
      ...steps,
      ...made,
      model,
      build: made.checker.build,
      sizes: made.checker.sizes,
    });
  }
  return elaborated;
}

function stepsOf(
  checker: Checker,
  instance: Instance,
  mode: Mode,
  { shared, behind }: { readonly shared: SharedBySteps } & Pick<ModeRequest, "behind">,
): Pick<ElaboratedMode, "steps" | "graph" | "stored"> | undefined {
  const before = checker.sink.errorCount;
  const steps: ModeStep[] = [];
  for (const callable of mode.steps) {
    const name = mode.isStepped ? `${mode.name}.${callable.name}` : mode.name;
    const graph = stepGraph(checker, { instance, callable, name, shared });
    if (graph === undefined || checker.sink.errorCount > before) return undefined;
    steps.push({ name: callable.name, graph });
  }
  const extended = behind === undefined ? steps : extend(checker, mode, steps, behind);
  const [first] = extended;
  if (first === undefined || checker.sink.errorCount > before) return undefined;
  const graphs = extended.map(({ graph }) => graph);
  return { steps: extended, graph: first.graph, stored: storagesOf(checker, graphs) };
}

function extend(
  checker: Checker,
  mode: Mode,
  steps: readonly ModeStep[],
  behind: StepExtension,
): readonly ModeStep[] {
  const before = checker.sink.errorCount;
  return steps.map((step, n) => {
    // What is wrong with the settings would be wrong for each step again.
    if (checker.sink.errorCount > before) return step;
    const result = mode.steps[n]?.signature.result.span ?? mode.span;
    return { ...step, graph: behind(checker, step.graph, result) ?? step.graph };
  });
}

/** A model with everything bound, before any of its modes is looked at. */
export function elaborateModel(
  program: LoadedProgram,
  request: Omit<ModeRequest, "mode">,
): MadeModel | undefined {
  const { sink } = request;
  const item = findModel(program, request.model, sink);
  if (item === undefined || (item.syntax.kind !== "module" && item.syntax.kind !== "alias"))
    return undefined;
  const overrides = new OverrideTable(request.overrides, item.syntax.name.span);
  const checker = newChecker({ sink, known: everything, overrides });
  const { name } = item.syntax;
  const before = sink.errorCount;
  const part = { name, axes: [], args: [], with: undefined, span: name.span };
  const instance = checker.makePart(checker, {
    part,
    env: fileEnv(item.file),
    path: "",
    fills: [],
    inside: [],
  });
  if (instance === undefined) return undefined;
  overrides.reportUnused(checker, instance);
  return sink.errorCount > before ? undefined : { checker, instance };
}

function findMode(context: Reporting, instance: Instance, request: ModeRequest): Mode | undefined {
  const mode = instance.modes.get(request.mode);
  if (mode !== undefined) return mode;
  const available = [...instance.modes.keys()];
  context.sink.report("unknown-mode", instance.syntax.name.span, {
    model: request.model,
    name: request.mode,
    nearest: nearestNames(request.mode, available),
    available,
  });
  return undefined;
}
