import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import { batchSteps } from "../3-differentiate/batch/batch-steps.ts";
import type { PrecisionPolicy } from "../4-optimize/precision-policy.ts";
import type { Graph, GraphStored, Value } from "../ir/graph/graph.ts";
import { extentOf } from "../ops/extent.ts";
import type { SizedStep } from "./interface-specs.ts";
import type { BatchPlan } from "./plan-batch.ts";

/** What of a loss is looked for. */
export interface Learning {
  /** The optimizer, where the gradients are not what is asked for. */
  readonly update?: SizedStep["update"];
  /** What the loss is multiplied with on its way back: f32[]. */
  readonly scale?: Value | undefined;
  /** Where a run keeps it. */
  readonly scaleState?: GraphStored | undefined;
}

interface StageGraphs {
  readonly elaborated: ElaboratedStage;
  /** Of the phase. */
  readonly name: string;
  readonly batch: BatchPlan;
  readonly precision: PrecisionPolicy;
  /** Undefined where the loss alone is asked for. */
  readonly learning: Learning | undefined;
}

/**
 * The steps of a phase with numbers for their sizes, in the order in which a batch runs them. A batch that is
 * computed at once is one step. Else those with the samples of a piece run once for each piece.
 */
export function stageSteps({
  elaborated,
  name,
  batch,
  precision,
  learning,
}: StageGraphs): readonly SizedStep[] {
  const { graph, groups } = elaborated;
  const by = groups.flatMap(({ parameters }) => parameters.map(({ path }) => path));
  const { total, piece, split } = batch;
  if (learning === undefined) return [{ ...sizedGraph(elaborated, graph, total), precision, name }];
  const { update, scale, scaleState } = learning;
  if (split === undefined) {
    const gradients = { loss: "loss", by, scale };
    const whole = { ...sizedGraph(elaborated, graph, total), precision, gradients };
    return [update ? { ...whole, name: "step", update, writes: by } : { ...whole, name }];
  }
  const steps = batchSteps({ ...split.loss, count: total, scale, scaleState }, split.cut);
  return steps.map((step, n): SizedStep => {
    const { per, ...own } = step;
    const samples = per === "piece" ? piece : total;
    const one = { ...sizedGraph(elaborated, step.graph, samples), precision, ...own };
    const isLast = n === steps.length - 1;
    return isLast && update ? { ...one, name: "apply", update, writes: by } : one;
  });
}

/** A graph of the stage with numbers for its sizes. */
export function sizedGraph(
  { sizedAxes, build, sizes: table, given }: ElaboratedStage,
  graph: Graph,
  samples: number,
): Omit<SizedStep, "name"> {
  const numberOf = (name: string): number => (name === "B" ? samples : (given[name] ?? 1));
  const numbers = graph.freeAxes.map((axis) => [axis.size, numberOf(axis.name)] as const);
  const extent = extentOf(table, new Map(numbers));
  const axes = [...graph.freeAxes, ...sizedAxes];
  const sizes = Object.fromEntries(axes.map((axis) => [axis.name, extent(axis)]));
  return { graph, build, extent, sizes };
}
