import type { SizeTable } from "../../dims/size-table.ts";
import type { Axis, Graph, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { graphResults } from "../../ir/graph/graph-results.ts";
import { maxOver, mean, minOver, productOver, sum } from "../../ops/build/build-reduction.ts";
import { axesOf } from "../../ops/build/type-rules.ts";
import { rebuildValues } from "./rebuild-values.ts";
import { sampleAxes } from "./sample-kinds.ts";

const reductions = new Map([
  ["sum", sum],
  ["mean", mean],
  ["product", productOver],
  ["max", maxOver],
  ["min", minOver],
]);

/**
 * What is reduced over samples and other axes is reduced over the others first: what is then left of a sample
 * is one number where it was a row of them.
 */
export function sumSamplesLast(
  graph: Graph,
  build: GraphBuilder,
  samples: Axis,
  sizes: SizeTable,
): Graph {
  const isOfSamples = sampleAxes(samples, sizes);
  const newOf = rebuildValues(build, graphResults(graph), new Map(), (value) => {
    const reduce = reductions.get(value.op);
    const [x] = value.inputs;
    if (reduce === undefined || x === undefined) return value;
    const axes = axesOf(value.attrs, "axes");
    const others = axes.filter((axis) => !isOfSamples(axis));
    if (!axes.includes(samples) || others.length === 0 || others.length + 1 < axes.length)
      return value;
    return reduce(build, reduce(build, x, others, value.origin), [samples], value.origin);
  });
  const nextOf = (value: Value, next: Value): Value => (next === value ? value : newOf(next));
  return {
    ...graph,
    stored: graph.stored.map((one) => ({ ...one, next: nextOf(one.value, one.next) })),
    outputs: graph.outputs.map((one) => ({ ...one, value: newOf(one.value) })),
  };
}
