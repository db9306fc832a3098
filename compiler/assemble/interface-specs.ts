import type { GraphFacts } from "../5-schedule/fuse/graph-facts.ts";
import { initialiserOf } from "../5-schedule/fuse/initialiser.ts";
import type {
  Dimension,
  InputForm,
  InputSpec,
  OutputSpec,
  StepSpec,
  StoredSpec,
} from "../artifact.ts";
import { invariant } from "../diagnostics/internal-error.ts";
import type { ElementType, GraphInput, GraphStored, StoredDimension } from "../ir/graph/graph.ts";
import { pathsOfUpdated } from "../ir/graph/graph-results.ts";
import type { Extent } from "../ops/define-op.ts";
import type { BoundStep, BuiltProgram, BuiltStep } from "../pipeline.ts";
import { idRanges } from "./id-ranges.ts";

/** A step with a number for every free axis of its call. */
export interface SizedStep extends BoundStep {
  readonly sizes: Readonly<Record<string, number>>;
}

export function stepSpec(
  { graph, macs, interface: tensors, from, to }: BuiltStep,
  { name, sizes, extent, graph: elaborated }: SizedStep,
): StepSpec {
  const ids = idRanges(elaborated, extent);
  return {
    name,
    sizes,
    inputs: inputForms(graph.inputs, extent).map(
      ({ reader, ...form }, n): InputSpec => ({
        ...form,
        tensor: tensorAt(tensors.inputs, n),
        reader,
        ids: ids.get(form.name),
      }),
    ),
    outputs: graph.outputs.map(
      ({ name, value, dimensions }, n): OutputSpec => ({
        name,
        element: borderElement(value.type.element),
        shape: shapeOf(dimensions, extent),
        tensor: tensorAt(tensors.outputs, n),
      }),
    ),
    from,
    to,
    macs: macs.exact,
    paperMacs: macs.paper,
  };
}

export function inputForms(inputs: readonly GraphInput[], extent: Extent): readonly InputForm[] {
  return inputs.map(({ name, value, dimensions, reader }) => ({
    name,
    element: borderElement(value.type.element),
    shape: shapeOf(dimensions, extent),
    reader,
  }));
}

export function storedSpecs(
  built: BuiltProgram,
  steps: readonly SizedStep[],
): readonly StoredSpec[] {
  const updated = built.steps.map(({ graph }) => new Set(pathsOfUpdated(graph)));
  return storedIn(built).map(({ stored, tensor, facts }): StoredSpec => {
    const { kind, path, lifetime, free } = stored;
    const parts = built.parts.get(tensor);
    // What is updated keeps its own tensor, of which kernels see parts.
    const isCut = parts?.[0]?.tensor === tensor;
    const quantized = built.quantized.get(tensor);
    const writers = steps.filter((_, n) => updated[n]?.has(path) === true);
    return {
      kind,
      path,
      shape: shapeOf(stored.dimensions, facts.extent),
      tensor,
      ...(parts !== undefined && isCut && { parts }),
      ...(quantized === undefined ? {} : { quantized }),
      lifetime,
      writtenBy: [...new Set(writers.map(({ name }) => name))],
      free,
      ...initialiserOf(stored, facts),
    };
  });
}

/** What the steps share, each once, with the first step that has it. */
export function storedIn({ steps }: BuiltProgram): readonly {
  readonly stored: GraphStored;
  readonly tensor: number;
  readonly facts: GraphFacts;
}[] {
  const seen = new Set<number>();
  return steps.flatMap(({ graph, facts, interface: tensors }) =>
    graph.stored.flatMap((stored, n) => {
      const tensor = tensorAt(tensors.stored, n);
      if (seen.has(tensor)) return [];
      seen.add(tensor);
      return [{ stored, tensor, facts }];
    }),
  );
}

function tensorAt(list: readonly number[], place: number): number {
  const tensor = list[place];
  invariant(tensor !== undefined, "a part of the mode has no tensor");
  return tensor;
}

function shapeOf(dimensions: readonly StoredDimension[], extent: Extent): readonly Dimension[] {
  return dimensions.map(({ name, axes }) => ({
    name,
    size: axes.reduce((product, axis) => product * extent(axis), 1),
  }));
}

/** What crosses the border is wide: floats are f32 there. */
function borderElement(element: ElementType): InputSpec["element"] {
  return element === "bool" || element === "i32" || element === "u32" ? element : "f32";
}
