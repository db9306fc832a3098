import { differentiate } from "../3-differentiate/differentiate.ts";
import { decidePrecision } from "../4-optimize/decide-precision.ts";
import { fillEmpty } from "../4-optimize/fill-empty.ts";
import { findAttention } from "../4-optimize/find-attention.ts";
import type { PassContext } from "../4-optimize/pass.ts";
import { endGradients, simplify } from "../4-optimize/simplify.ts";
import { countMacs } from "../5-schedule/fuse/count-macs.ts";
import type { Graph } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { runPasses } from "../ir/pass.ts";
import type { Extent } from "../ops/define-op.ts";
import { ops } from "../ops/registry.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { BoundGraph } from "../pipeline.ts";
import type { SizedStep } from "./interface-specs.ts";

/** What is counted of a stage before a kernel is made. */
export interface StageCounts {
  /** Multiply-accumulates of the loss and its gradients for one batch; of an optimizer nothing. */
  readonly macsPerStep: number;
  /** Of the loss for one sample, as papers count. */
  readonly macs: number;
  /** The same of what stands below some paths, in their order. */
  readonly partMacs: readonly number[];
}

interface CountedGraphs {
  readonly steps: readonly SizedStep[];
  readonly forward: BoundGraph & { readonly sample: Extent };
}

/**
 * Counts the steps of a phase: each is differentiated, and no kernel is made. What a budget makes a second time is not in
 * it: equal compute does not depend on how large a device is.
 */
export function countStage(
  { steps, forward }: CountedGraphs,
  parts: readonly string[],
): StageCounts {
  const samples = steps.at(-1)?.sizes.B ?? 1;
  // What was made of values holds for all graphs in which samples are as many.
  const known = new Map<number | undefined, PassContext["rewritten"]>();
  const rewrittenFor = (size: number | undefined): PassContext["rewritten"] => {
    const found = known.get(size) ?? new Map();
    known.set(size, found);
    return found;
  };
  let macsPerStep = 0;
  for (const step of steps) {
    const found = productsIn(step, rewrittenFor(step.sizes.B));
    macsPerStep += countMacs(found).exact * (samples / (step.sizes.B ?? samples));
  }
  const { values: own } = productsIn(forward, rewrittenFor(samples));
  const loss = { values: own, extent: forward.sample };
  const macsBelow = (part: string): number =>
    countMacs(loss, (path) => path === part || path.startsWith(`${part}.`)).paper;
  return { macsPerStep, macs: countMacs(loss).paper, partMacs: parts.map(macsBelow) };
}

/** Values of the losses as they are written: what compiling the steps takes grows with it. */
export function lossValues(steps: readonly SizedStep[]): number {
  return steps.reduce((sum, { graph }) => sum + valuesInOrder(graphResults(graph)).length, 0);
}

/**
 * The values of a graph as far as its products are counted. Of the passes of a program these are the ones that make or
 * drop products; the others cut a product in pieces, sort, or write sums and tables in other ways. A float is as good as any other.
 */
function productsIn(
  { graph, build, extent, gradients }: BoundGraph,
  rewritten: PassContext["rewritten"],
): Parameters<typeof countMacs>[0] {
  const passes = [
    ...[decidePrecision, fillEmpty, simplify, findAttention],
    ...(gradients === undefined ? [] : [differentiate(gradients)]),
    endGradients,
  ];
  const context: PassContext = { build, ops, extent, precision: { working: "f32" }, rewritten };
  const counted: Graph = runPasses(passes, graph, context, (made) => made);
  return { values: valuesInOrder(graphResults(counted)), extent };
}
