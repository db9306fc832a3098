import { countMacs } from "../5-schedule/fuse/count-macs.ts";
import { GraphFacts } from "../5-schedule/fuse/graph-facts.ts";
import type { Extent } from "../ops/define-op.ts";
import { ops } from "../ops/registry.ts";
import { type BoundGraph, newSharedWork, optimize } from "../pipeline.ts";
import type { SizedStep } from "./interface-specs.ts";

/** What is counted of a stage before a kernel is made. */
export interface StageCounts {
  /** Multiply-accumulates of the loss and its gradients for one batch; of an optimizer nothing. */
  readonly macsPerStep: number;
  /** Of the loss for one sample, as papers count. */
  readonly macs: number;
  /** The same of what stands below some paths, in their order. */
  readonly partMacs: readonly number[];
  /** Values of the graphs: what compiling them takes grows with it. */
  readonly values: number;
}

interface CountedGraphs {
  readonly steps: readonly SizedStep[];
  readonly forward: BoundGraph & { readonly sample: Extent };
}

/**
 * Counts the steps of a phase: each is differentiated and simplified, and no kernel is made. What a budget makes a second
 * time is not in it: equal compute does not depend on how large a device is.
 */
export function countStage(
  { steps, forward }: CountedGraphs,
  parts: readonly string[],
): StageCounts {
  const samples = steps.at(-1)?.sizes.B ?? 1;
  const shared = newSharedWork();
  const { sample, ...whole } = forward;
  const loss = new GraphFacts(optimize(whole, { precision: "f32" }, shared), ops, sample);
  let [macsPerStep, values] = [0, 0];
  for (const step of steps) {
    const own = steps.length === 1 ? shared : newSharedWork();
    const graph = optimize({ ...step, update: undefined }, { precision: "f32" }, own);
    const facts = new GraphFacts(graph, ops, step.extent);
    macsPerStep += countMacs(facts).exact * (samples / (step.sizes.B ?? samples));
    values += facts.values.length;
  }
  const macsBelow = (part: string): number =>
    countMacs(loss, (path) => path === part || path.startsWith(`${part}.`)).paper;
  return { macsPerStep, macs: countMacs(loss).paper, partMacs: parts.map(macsBelow), values };
}
