import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { nearestNames } from "../diagnostics/suggest.ts";
import type {
  Axis,
  Graph,
  GraphInput,
  GraphOutput,
  GraphParameter,
  StoredDimension,
  Value,
} from "../ir/graph.ts";
import type { ParamSyntax, ResultSyntax } from "../ir/syntax.ts";
import { input } from "../ops/build.ts";
import { absentParts } from "./absent-parts.ts";
import type { CheckedProgram } from "./check-files.ts";
import { describeAxes } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";
import { findModel } from "./find-model.ts";
import { newElaboration } from "./interpreter.ts";
import type { Callable, Env, Instance, Mode, Storage, TypeEntry } from "./meaning.ts";
import { describeModel, type ModelTree } from "./model-tree.ts";
import { openSignature } from "./open-signature.ts";
import { type ModelOverride, OverrideTable } from "./overrides.ts";
import { checkReader } from "./readers.ts";
import { resultTypes, runBody } from "./result.ts";
import { fileEnv, rootFrame } from "./root-frame.ts";
import { evaluateType } from "./types.ts";

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
   * In the order in which they are written. They share the values of parameters and states, and the
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
  /** What the steps read, in the order of declaration; of one step, that of `graph.parameters`. */
  readonly stored: readonly Storage[];
}

/** Instantiates a model with its sizes and settings and evaluates one of its modes to a graph. */
export function elaborateMode(
  program: CheckedProgram,
  request: ModeRequest,
): ElaboratedMode | undefined {
  const made = elaborateModel(program, request);
  if (made === undefined) return undefined;
  const { on, instance } = made;
  const mode = findMode(on, instance, request);
  const [callable] = mode?.steps ?? [];
  if (mode === undefined || callable === undefined) return undefined;
  if (mode.isStepped) {
    on.sink.report("not-supported-yet", mode.span, {
      feature: `modes with steps, such as \`${mode.name}\`,`,
    });
    return undefined;
  }
  const before = on.sink.errorCount;
  const graph = graphOf(on, instance, callable, mode.name);
  if (graph === undefined || on.sink.errorCount > before) return undefined;
  const values = new Set(graph.parameters.map((parameter) => parameter.value));
  const stored = [...on.storedValues].flatMap(([storage, value]) =>
    values.has(value) ? [storage] : [],
  );
  const model = describeModel(on, instance);
  return {
    steps: [{ name: mode.name, graph }],
    graph,
    build: on.build,
    sizes: on.sizes,
    model,
    on,
    instance,
    stored: stored.sort((a, b) => a.order - b.order),
  };
}

/** A model with everything bound, before any of its modes is looked at. */
export function elaborateModel(
  program: CheckedProgram,
  request: Omit<ModeRequest, "mode">,
): { readonly on: Elaboration; readonly instance: Instance } | undefined {
  const { sink } = request;
  const item = findModel(program, request.model, sink);
  if (item === undefined || (item.syntax.kind !== "module" && item.syntax.kind !== "alias"))
    return undefined;
  const overrides = new OverrideTable(request.overrides, item.syntax.name.span);
  const on = newElaboration({ sink, isGeneric: false, overrides });
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

function graphOf(
  on: Elaboration,
  instance: Instance,
  callable: Callable,
  name: string,
): Graph | undefined {
  const outer: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const inputs: GraphInput[] = [];
  const opened = openSignature(on, outer, callable, (param, written, type) => {
    const value = input(on.build, param.name.text, type, {
      kind: "source",
      span: param.span,
      path: "",
    });
    const dimensions = dimensionsOf(on, outer, written.entries, type.axes);
    inputs.push({
      name: param.name.text,
      value,
      dimensions,
      reader: checkReader(on, outer, param),
      span: param.span,
    });
    return value;
  });
  const { result } = callable.signature;
  const types = resultTypes(on, opened.env, result, callable.name, () => {});
  if (types === undefined) return undefined;
  const found = runBody(on, opened.env, callable, types);
  const items = found.kind === "tuple" ? found.items : [found];
  const outputs: GraphOutput[] = [];
  for (const [n, { name: output, type }] of resultsOf(result).entries()) {
    const item = items[n];
    if (item?.kind !== "tensor") return undefined;
    const written = evaluateType(on, opened.env, type);
    const entries = written.kind === "tensor" ? written.entries : [];
    outputs.push({
      name: output,
      value: item.value,
      dimensions: dimensionsOf(on, outer, entries, item.value.type.axes),
    });
  }
  const parameters = parametersOf(
    on,
    outputs.map((output) => output.value),
  );
  return parameters && { name, inputs, parameters, states: [], outputs, freeAxes: opened.freeAxes };
}

/** A single result is called `output`. */
function resultsOf(
  result: ResultSyntax,
): readonly { readonly name: string; readonly type: ParamSyntax["type"] }[] {
  if (result.kind === "one") return [{ name: "output", type: result.type }];
  return result.entries.map((entry) => ({ name: entry.name.text, type: entry.type }));
}

/** Where a tensor enters or leaves, a product is one dimension. */
function dimensionsOf(
  on: Elaboration,
  env: Env,
  entries: readonly TypeEntry[],
  axes: readonly Axis[],
): readonly StoredDimension[] {
  const dimensions: StoredDimension[] = [];
  let place = 0;
  for (const entry of entries) {
    const width = entry.kind === "known" ? entry.axes.length : 1;
    const here = axes.slice(place, place + width);
    dimensions.push({
      name:
        entry.kind === "known"
          ? describeAxes(on, env, entry.axes)
          : entry.kind === "open"
            ? entry.name
            : "..",
      axes: here,
    });
    place += width;
  }
  return dimensions;
}

/** The parameters that the outputs depend on, in the order of their declarations, with their first values. */
function parametersOf(
  on: Elaboration,
  outputs: readonly Value[],
): readonly GraphParameter[] | undefined {
  const reached = valuesBefore(outputs);
  const parameters: GraphParameter[] = [];
  const found: [Storage, Value][] = [...on.storedValues].filter(([, value]) => reached.has(value));
  for (const [storage, value] of found.sort(([a], [b]) => a.order - b.order)) {
    const init = on.startOf(on, storage.init, storage);
    if (init === undefined || storage.kind === "state") return undefined;
    parameters.push({
      path: storage.path,
      storage: storage.kind,
      value,
      dimensions: storage.dimensions,
      init,
      span: storage.span,
    });
  }
  return parameters;
}

function valuesBefore(outputs: readonly Value[]): ReadonlySet<Value> {
  const seen = new Set<Value>();
  const waiting = [...outputs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    waiting.push(...value.inputs);
  }
  return seen;
}
