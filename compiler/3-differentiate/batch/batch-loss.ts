import { invariant } from "../../diagnostics/internal-error.ts";
import type { SizeTable } from "../../dims/size-table.ts";
import type { Axis, Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Span } from "../../source/source-file.ts";

/** A loss over the samples of a batch, and what of it learns. */
export interface BatchLoss {
  /** Outputs are `loss` and what is watched: f32[] each. */
  readonly graph: Graph;
  readonly build: GraphBuilder;
  readonly sizes: SizeTable;
  /** The axis of samples, free in `graph`. */
  readonly samples: Axis;
  readonly trained: readonly GraphStored[];
}

/** The same in pieces. */
export interface BatchInPieces extends BatchLoss {
  /** Samples of the whole batch. */
  readonly count: number;
  /** What the loss is multiplied with on its way back, and where a run keeps it. */
  readonly scale?: Value | undefined;
  readonly scaleState?: GraphStored | undefined;
}

export function lossOf({ outputs }: Graph): Value {
  const found = outputs.find(({ name }) => name === "loss");
  invariant(found !== undefined, "a batch without a loss");
  return found.value;
}

/** Where it is written. */
export function spanOf(value: Value): Span {
  let { origin } = value;
  while (origin.kind === "derived") origin = origin.from.origin;
  return origin.span;
}
