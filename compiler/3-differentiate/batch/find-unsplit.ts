import type { Value } from "../../ir/graph/graph.ts";
import { graphResults } from "../../ir/graph/graph-results.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";
import type { BatchCut } from "./batch-cut.ts";
import { dependents } from "./batch-cut.ts";
import type { BatchLoss } from "./batch-loss.ts";
import { sampleAxes } from "./sample-kinds.ts";

/** Why a batch cannot be computed in pieces: two places where samples are combined. */
interface Unsplit {
  /** What is combined here depends on what is trained, ... */
  readonly first: Value;
  /** ... what it makes of each sample goes through further weights that are trained ... */
  readonly weights: string;
  /** ... and is combined again. */
  readonly second: Value;
}

/**
 * A batch normalisation in a trained trunk: behind it all samples would have to be on the device at once. Numbers
 * that are trained (the scale of a contrastive loss) are not meant.
 */
export function findUnsplit(loss: BatchLoss, { kinds, members }: BatchCut): Unsplit | undefined {
  const { graph, samples, sizes, trained } = loss;
  const order = valuesInOrder(graphResults(graph));
  const isOfSamples = sampleAxes(samples, sizes);
  const learning = new Set(members.flatMap(({ value, use }) => (use === "given" ? [] : [value])));
  const combined = order.filter(({ inputs }) => inputs.some((input) => learning.has(input)));
  const behind = dependents(order, new Set(combined.filter((one) => kinds.get(one) === "whole")));
  const tensors = trained.filter(({ value }) => value.type.axes.length > 0);
  const weights = dependents(order, new Set(tensors.map(({ value }) => value)));
  const isWeight = (value: Value): boolean =>
    kinds.get(value) === "shared" && weights.has(value) && value.type.axes.length > 0;
  const isRows = (value: Value): boolean => behind.has(value) && value.type.axes.some(isOfSamples);
  const joined = order.find(({ inputs }) => inputs.some(isWeight) && inputs.some(isRows));
  if (joined === undefined) return undefined;
  const before = new Set(valuesInOrder([joined]));
  const first = combined.find((value) => kinds.get(value) === "whole" && before.has(value));
  const after = dependents(order, new Set([joined]));
  const second = order.find(
    (value) => value !== joined && after.has(value) && combines(value, isOfSamples),
  );
  const source = valuesInOrder(joined.inputs.filter(isWeight));
  const parameter = tensors.find(({ value }) => source.includes(value));
  if (first === undefined || second === undefined || parameter === undefined) return undefined;
  return { first, weights: parameter.path, second };
}

/** Does it have fewer axes of samples than what it reads? */
function combines(
  { inputs, type }: Value,
  isOfSamples: (axis: Value["type"]["axes"][number]) => boolean,
): boolean {
  return inputs.some((input) =>
    input.type.axes.some((axis) => isOfSamples(axis) && !type.axes.includes(axis)),
  );
}
