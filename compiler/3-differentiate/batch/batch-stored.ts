import { invariant } from "../../diagnostics/internal-error.ts";
import type { GraphStored, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { constant, state } from "../../ops/build/build.ts";
import { type BatchLoss, lossOf, spanOf } from "./batch-loss.ts";

/** What stands between the steps of a batch, as one of them leaves it; no checkpoint keeps it. */
export function kept(
  { build, graph }: Pick<BatchLoss, "build" | "graph">,
  value: Value,
  next: Value,
): GraphStored {
  const { path } = value.attrs;
  invariant(value.op === "state" && typeof path === "string", `${value.op} is not stored`);
  const { element, axes } = value.type;
  return {
    kind: "state",
    path,
    value,
    next,
    lifetime: "step",
    dimensions: axes.map((axis) => ({ name: axis.name, axes: [axis] })),
    free: [],
    init: constant(build, 0, element, value.origin),
    span: spanOf(lossOf(graph)),
  };
}

/** The result of this name, as far as it is added up. */
export function total(build: GraphBuilder, name: string, origin: Origin): Value {
  return state(build, `batch.totals.${name}`, { element: "f32", axes: [] }, origin);
}

/** The gradient at a parameter, as far as it is added up. */
export function gradientSum(
  build: GraphBuilder,
  { path, value }: Pick<GraphStored, "path" | "value">,
): Value {
  const type = { element: "f32", axes: value.type.axes } as const;
  return state(build, `batch.gradients.${path}`, type, value.origin);
}

/** By what a result grows with each element of the rows of a member of the cut, which it has the axes of. */
export function slopeState(
  build: GraphBuilder,
  member: number,
  result: string,
  { type: { axes }, origin }: Value,
): Value {
  return state(build, `batch.slopes.${member}.${result}`, { element: "f32", axes }, origin);
}
