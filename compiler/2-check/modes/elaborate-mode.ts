import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Graph } from "../../ir/graph/graph.ts";
import { absentParts } from "../core/absent-parts.ts";
import { type Elaboration, everything } from "../core/elaboration.ts";
import type { Instance, Mode, Storage } from "../core/meaning.ts";
import { type ModelOverride, OverrideTable } from "../core/overrides.ts";
import { fileEnv } from "../core/root-frame.ts";
import { findModel } from "../load/find-model.ts";
import type { LoadedProgram } from "../load/load-files.ts";
import { newElaboration } from "../parts/interpreter.ts";
import { describeModel, type ModelTree } from "../parts/model-tree.ts";
import { type SharedBySteps, stepGraph } from "./step-graph.ts";

export interface ModeRequest {
  readonly model: string;
  readonly mode: string;
  readonly overrides: readonly ModelOverride[];
  readonly sink: DiagnosticSink;
}

/** One step of a mode as a program of its own. A mode without steps is one step, called like the mode. */
export interface ModeStep {
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
  readonly build: Elaboration["build"];
  readonly sizes: Elaboration["sizes"];
  readonly model: ModelTree;
  /** The elaboration itself and the model in it, for what is evaluated later: weights, resampling. */
  readonly on: Elaboration;
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
  request: Omit<ModeRequest, "mode"> & { readonly modes: readonly string[] },
): readonly ElaboratedMode[] | undefined {
  const made = elaborateModel(program, request);
  if (made === undefined) return undefined;
  const shared = { axes: new Map(), starts: new Map() };
  const model = describeModel(made.on, made.instance);
  const elaborated: ElaboratedMode[] = [];
  for (const mode of request.modes) {
    const found = findMode(made.on, made.instance, { ...request, mode });
    const steps = found && stepsOf(made.on, made.instance, found, shared);
    if (steps === undefined) return undefined;
    elaborated.push({ ...steps, ...made, model, build: made.on.build, sizes: made.on.sizes });
  }
  return elaborated;
}

function stepsOf(
  on: Elaboration,
  instance: Instance,
  mode: Mode,
  shared: SharedBySteps,
): Pick<ElaboratedMode, "steps" | "graph" | "stored"> | undefined {
  const before = on.sink.errorCount;
  const steps: ModeStep[] = [];
  for (const callable of mode.steps) {
    const name = mode.isStepped ? `${mode.name}.${callable.name}` : mode.name;
    const graph = stepGraph(on, { instance, callable, name, shared });
    if (graph === undefined || on.sink.errorCount > before) return undefined;
    steps.push({ name: callable.name, graph });
  }
  const [first] = steps;
  if (first === undefined) return undefined;
  const read = steps.flatMap(({ graph }) => graph.stored.map(({ value }) => value));
  const values = new Set(read);
  const stored = [...on.storedValues].flatMap(([storage, value]) =>
    values.has(value) ? [storage] : [],
  );
  return { steps, graph: first.graph, stored: stored.sort((a, b) => a.order - b.order) };
}

/** A model with everything bound, before any of its modes is looked at. */
export function elaborateModel(
  program: LoadedProgram,
  request: Omit<ModeRequest, "mode">,
): { readonly on: Elaboration; readonly instance: Instance } | undefined {
  const { sink } = request;
  const item = findModel(program, request.model, sink);
  if (item === undefined || (item.syntax.kind !== "module" && item.syntax.kind !== "alias"))
    return undefined;
  const overrides = new OverrideTable(request.overrides, item.syntax.name.span);
  const on = newElaboration({ sink, known: everything, overrides });
  const { name } = item.syntax;
  const before = sink.errorCount;
  const part = { name, axes: [], args: [], with: undefined, span: name.span };
  const instance = on.makePart(on, {
    part,
    env: fileEnv(item.file),
    path: "",
    fills: [],
    inside: [],
  });
  if (instance === undefined) return undefined;
  overrides.reportUnused(on, absentParts(instance));
  return sink.errorCount > before ? undefined : { on, instance };
}

function findMode(on: Elaboration, instance: Instance, request: ModeRequest): Mode | undefined {
  const mode = instance.modes.get(request.mode);
  if (mode !== undefined) return mode;
  const available = [...instance.modes.keys()];
  on.sink.report("unknown-mode", instance.syntax.name.span, {
    model: request.model,
    name: request.mode,
    nearest: nearestNames(request.mode, available),
    available,
  });
  return undefined;
}
