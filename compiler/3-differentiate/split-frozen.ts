import { frozenPrefix } from "../artifact.ts";
import type { Axis, Graph, GraphInput, GraphOutput, Value } from "../ir/graph/graph.ts";
import { graphResults, isUpdated } from "../ir/graph/graph-results.ts";
import { input } from "../ops/build/build.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import { asRow, dependents, fromRow } from "./batch/batch-cut.ts";
import { type BatchLoss, spanOf } from "./batch/batch-loss.ts";
import { withReached } from "./batch/batch-step.ts";
import { rebuildValues } from "./batch/rebuild-values.ts";
import { type SampleKind, sampleKinds } from "./batch/sample-kinds.ts";

/** A loss in two programs, of which the first gives the same for the same sample at every step. */
export interface FrozenSplit {
  /** What frozen parts make of each sample: outputs `frozen.N`, along the samples and then their other axes. */
  readonly frozen: Graph;
  /** The loss over them, which are inputs here. */
  readonly rest: Graph;
}

/**
 * Takes out of a loss what nothing trained, nothing kept and nothing drawn comes before, and what each sample has for
 * itself: the results of frozen encoders. Only what products with weights make is worth it; a row of a table is looked up
 * again. Undefined where there is no such thing.
 */
export function splitFrozen(loss: BatchLoss): FrozenSplit | undefined {
  const { graph, build, samples } = loss;
  const roots = graphResults(graph);
  const order = valuesInOrder(roots);
  const members = frontierOf(loss, order, new Set(roots));
  if (members.length === 0) return undefined;
  const rows = new Map<Value, Value>();
  const inputs: GraphInput[] = [];
  const outputs: GraphOutput[] = [];
  for (const [n, value] of members.entries()) {
    const name = `${frozenPrefix}${n}`;
    const row = asRow(build, value, samples);
    const read = input(build, name, row.type, value.origin);
    const dimensions = row.type.axes.map((axis) => ({ name: axis.name, axes: [axis] }));
    rows.set(value, fromRow(build, read, value));
    inputs.push({ name, value: read, dimensions, reader: undefined, span: spanOf(value) });
    outputs.push({ name, value: row, dimensions });
  }
  const newOf = rebuildValues(build, roots, rows);
  const stored = graph.stored
    .filter(isUpdated)
    .map((one) => ({ ...one, value: newOf(one.value), next: newOf(one.next) }));
  const results = graph.outputs.map((one) => ({ ...one, value: newOf(one.value) }));
  const given = { ...graph, inputs: [...graph.inputs, ...inputs] };
  return {
    frozen: withReached({ ...graph, outputs, stored: [] }, graph),
    rest: withReached({ ...graph, outputs: results, stored }, given),
  };
}

/** The last values that frozen parts make of a sample: what reads them is trained, or is of several samples. */
function frontierOf(
  { graph, samples, sizes, trained }: BatchLoss,
  order: readonly Value[],
  roots: ReadonlySet<Value>,
): readonly Value[] {
  const kinds = sampleKinds(order, samples, sizes);
  const updated = graph.stored.filter(isUpdated).map(({ value }) => value);
  const drawn = graph.inputs.filter(({ name }) => name === "sample").map(({ value }) => value);
  const given = order.filter((value) => isOfTheStep(value, samples));
  const learned = trained.map(({ value }) => value);
  const changing = dependents(order, new Set([...learned, ...updated, ...drawn, ...given]));
  const weights = new Set(order.filter(({ op }) => op === "parameter"));
  const weighed = dependents(order, weights);
  const products = order.filter((value) => isProduct(value, kinds, weighed));
  const made = dependents(order, new Set(products));
  const isFrozen = (value: Value): boolean =>
    made.has(value) && !changing.has(value) && kinds.get(value) === "sample";
  const found = new Set<Value>();
  for (const value of order) {
    if (isFrozen(value)) {
      if (roots.has(value)) found.add(value);
    } else for (const read of value.inputs) if (isFrozen(read)) found.add(read);
  }
  /** A little is made again from another of them, rather than kept too. */
  const isMadeAgain = (value: Value): boolean => {
    let from = value;
    for (;;) {
      const [only, ...others] = from.inputs.filter((one) => made.has(one));
      if (only === undefined || others.length > 0 || reductions.has(from.op)) return false;
      if (found.has(only)) return true;
      from = only;
    }
  };
  return order.filter((value) => found.has(value) && !isMadeAgain(value));
}

/** Each of their results is made of many numbers. */
const reductions: ReadonlySet<string> = new Set(["attend", "sum", "mean", "product", "max", "min"]);

/** What is given anew for every step, and the place in the batch. */
function isOfTheStep({ op, attrs }: Value, samples: Axis): boolean {
  return op === "immediate" || op === "state" || (op === "index" && attrs.axis === samples);
}

/** A sum of what a sample has, times weights. */
function isProduct(
  { op, inputs: [factors] }: Value,
  kinds: ReadonlyMap<Value, SampleKind>,
  weighed: ReadonlySet<Value>,
): boolean {
  if (op !== "sum" || factors?.op !== "mul") return false;
  const [left, right] = factors.inputs;
  if (left === undefined || right === undefined) return false;
  const isWeight = (value: Value) => kinds.get(value) === "shared" && weighed.has(value);
  const isOfSample = (value: Value) => kinds.get(value) === "sample";
  return (isWeight(left) && isOfSample(right)) || (isWeight(right) && isOfSample(left));
}
