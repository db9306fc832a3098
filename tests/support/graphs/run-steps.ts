import type { ElaboratedMode } from "../../../compiler/2-check/modes/elaborate-mode.ts";
import type { Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { graphResults } from "../../../compiler/ir/graph/graph-results.ts";
import type { Extent, ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";
import { optimize } from "../../../compiler/pipeline.ts";
import { lengthsOf } from "../../../runtime/row-lengths.ts";

type Numbers = readonly number[] | Float64Array;

/** Data of parameters by path: the same for every mode of a model. */
type ParameterData = (path: string, value: Value, extent: Extent) => Numbers;

type SteppedMode = Pick<ElaboratedMode, "steps" | "sizes">;

/** The steps after every pass, verified after each, for these sizes. */
export function optimizedSteps(
  { steps, sizes, build }: ElaboratedMode,
  given: Readonly<Record<string, number>>,
): SteppedMode {
  const optimized = steps.map(({ name, graph }) => {
    const numbers = graph.freeAxes.map((axis) => [axis.size, given[axis.name] ?? 1] as const);
    const extent = extentOf(sizes, new Map(numbers));
    return { name, graph: optimize({ graph, build, extent }, { precision: "f32" }) };
  });
  return { steps: optimized, sizes };
}

/** A mode in float64, step by step: what a step leaves in a state is what the next one finds there. */
export class StepRun {
  readonly #mode: SteppedMode;
  readonly #parameters: ParameterData;
  /** What is stored, as the last call left it. */
  readonly #stored = new Map<Value, ReferenceTensor>();
  readonly #paths = new Map<string, Value>();

  constructor(mode: SteppedMode, parameters: ParameterData = noParameters) {
    this.#mode = mode;
    this.#parameters = parameters;
  }

  /** Runs the step of this name, or the only one. Outputs by name. */
  call(
    step: string,
    inputs: Readonly<Record<string, Numbers>>,
    sizes: Readonly<Record<string, number>> = {},
  ): Readonly<Record<string, readonly number[]>> {
    const graph = this.#graphOf(step);
    const numbers = graph.freeAxes.map((axis) => [axis.size, sizes[axis.name] ?? 1] as const);
    const extent = extentOf(this.#mode.sizes, new Map(numbers));
    const feeds = new Map<Value, ReferenceTensor>();
    const give = (value: Value, data: Numbers) =>
      feeds.set(value, { type: value.type, data: Float64Array.from(data) });
    for (const { name, value, reader } of graph.inputs) {
      const given = inputs[name];
      give(value, given ?? lengthsIn(graph, reader?.args.of, inputs, extent));
    }
    for (const { kind, path, value, init } of graph.stored) {
      this.#paths.set(path, value);
      const first = (): Numbers =>
        kind === "state"
          ? only(interpretGraph([init], new Map(), extent), init).data
          : this.#parameters(path, value, extent);
      give(value, this.#stored.get(value)?.data ?? first());
    }
    const results = interpretGraph(graphResults(graph), feeds, extent);
    for (const { kind, value, next } of graph.stored) {
      if (kind === "state" || next !== value)
        this.#stored.set(value, feeds.get(next) ?? only(results, next));
    }
    return Object.fromEntries(
      graph.outputs.map(({ name, value }) => [name, [...only(results, value).data]]),
    );
  }

  /** What a state or an updated parameter holds now. */
  state(path: string): readonly number[] {
    const value = this.#paths.get(path);
    return [...((value && this.#stored.get(value))?.data ?? [])];
  }

  #graphOf(step: string): Graph {
    const found = this.#mode.steps.find((one) => one.name === step);
    if (found === undefined) throw new Error(`there is no step ${step}`);
    return found.graph;
  }
}

/** What the runtime counts for `from length(of: ..)`. */
function lengthsIn(
  { inputs }: Graph,
  of: unknown,
  given: Readonly<Record<string, Numbers>>,
  extent: Extent,
): Numbers {
  const rows = inputs.find(({ name }) => name === of);
  const data = Int32Array.from(given[rows?.name ?? ""] ?? []);
  if (rows === undefined) return [];
  const shape = rows.value.type.axes.map((axis) => ({ name: axis.name, size: extent(axis) }));
  return lengthsOf(
    { reader: rows.reader, shape },
    { element: "i32", shape: shape.map(({ size }) => size), data },
  );
}

function only(results: ReadonlyMap<Value, ReferenceTensor>, value: Value): ReferenceTensor {
  const found = results.get(value);
  if (found === undefined) throw new Error(`${value.op} was not computed`);
  return found;
}

function noParameters(path: string): Numbers {
  throw new Error(`no data for ${path}`);
}
