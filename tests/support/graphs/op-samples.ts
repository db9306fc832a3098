import { SizeTable } from "../../../compiler/dims/size-table.ts";
import type { Graph, Origin, Value } from "../../../compiler/ir/graph/graph.ts";
import { GraphBuilder } from "../../../compiler/ir/graph/graph-builder.ts";
import { input } from "../../../compiler/ops/build/build.ts";
import type {
  Extent,
  OpDefinition,
  OpSample,
  ReferenceTensor,
  SampleBuilder,
} from "../../../compiler/ops/define-op.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { ops } from "../../../compiler/ops/registry.ts";
import { numbersFor } from "./random-tensors.ts";

/** One operation on random inputs, ready to be computed in any way. */
export interface PreparedSample {
  /** `add: f32 scalars`. */
  readonly name: string;
  readonly op: OpDefinition;
  readonly build: GraphBuilder;
  readonly extent: Extent;
  /** Inputs `in0`, `in1`, ... and the output `out`. */
  readonly graph: Graph;
  readonly value: Value;
  readonly feeds: ReadonlyMap<Value, ReferenceTensor>;
}

/** Every operation x sample. The inputs of a sample are the same in every run. */
export function opSamples(): readonly PreparedSample[] {
  return [...ops.values()].flatMap((op) => op.samples.map((sample) => prepareSample(op, sample)));
}

function prepareSample(op: OpDefinition, sample: OpSample): PreparedSample {
  const table = new SizeTable();
  const build = new GraphBuilder();
  const extent = extentOf(table, new Map());
  const made = sample.make(samplesOver(table, build, extent));
  const inputs = made.inputs.map((type, n) => input(build, `in${n}`, type, origin));
  const type = op.infer(made.inputs, made.attrs);
  const value = build.value(op.name, inputs, made.attrs, type, origin);
  const feeds = new Map(
    inputs.map((value, n) => {
      const data = numbersFor(
        value,
        extent,
        seedOf(`${op.name} ${sample.name} ${n}`),
        sample.ranges?.[n],
      );
      return [value, { type: value.type, data }];
    }),
  );
  const dimensionsOf = (value: Value) =>
    value.type.axes.map((axis) => ({ name: axis.name, axes: [axis] }));
  const graph: Graph = {
    name: op.name,
    inputs: inputs.map((value, n) => ({
      name: `in${n}`,
      value,
      dimensions: dimensionsOf(value),
      reader: undefined,
      span,
    })),
    stored: [],
    outputs: [{ name: "out", value, dimensions: dimensionsOf(value) }],
    freeAxes: [],
  };
  return { name: `${op.name}: ${sample.name}`, op, build, extent, graph, value, feeds };
}

const span = { file: { path: "sample.weft", text: "" }, start: 0, end: 0 };
const origin: Origin = { kind: "source", span, path: "" };

function samplesOver(table: SizeTable, build: GraphBuilder, extent: Extent): SampleBuilder {
  return {
    axis: (name, size) => build.axis(name, table.constant(size), undefined),
    join: (name, ...segments) => {
      const size = segments.reduce(
        (total, axes) => total + axes.reduce((count, axis) => count * extent(axis), 1),
        0,
      );
      return build.join(name, table.constant(size), segments, undefined);
    },
  };
}

function seedOf(text: string): number {
  let hash = 0;
  for (const character of text)
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
