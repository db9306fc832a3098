import type { Graph, Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import type { Pass } from "../ir/pass.ts";
import type { Extent, OpDefinition } from "../ops/define-op.ts";
import type { PrecisionPolicy } from "./precision-policy.ts";

/** What a pass over graphs may use beside the graph. All sizes are numbers by then. */
export interface PassContext {
  readonly build: GraphBuilder;
  readonly ops: ReadonlyMap<string, OpDefinition>;
  readonly extent: Extent;
  readonly precision: PrecisionPolicy;
  /** What each pass has made of values, by its name: graphs that share values and sizes are rewritten once. */
  readonly rewritten: Map<string, Map<Value, Value>>;
}

/** One step from graph to graph. */
export type GraphPass = Pass<Graph, PassContext>;
