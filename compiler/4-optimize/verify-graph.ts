import { InternalError } from "../diagnostics/internal-error.ts";
import type { Graph, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import type { OpDefinition } from "../ops/define-op.ts";
import { isSameType } from "./rewrite-graph.ts";

/**
 * What must hold of a graph after every pass: each value has the type that its operation gives, is newer
 * than its inputs, what is stored names each of its axes once, and what is stored keeps its type. Values never change, so those in
 * `verified` are not looked at again.
 */
export function verifyGraph(
  graph: Graph,
  ops: ReadonlyMap<string, OpDefinition>,
  after: string,
  verified: Set<Value> = new Set(),
): void {
  const fail = (value: Value, message: string): never => {
    throw new InternalError(`after ${after}, ${value.op} (value ${value.id}): ${message}`);
  };
  const seen = new Set<Value>(graphResults(graph));
  for (const value of seen) {
    if (verified.has(value)) continue;
    const op = ops.get(value.op);
    if (op === undefined) fail(value, "there is no such operation");
    for (const input of value.inputs) {
      if (input.id >= value.id) fail(value, "it is older than what it reads");
      seen.add(input);
    }
    const inferred = op?.infer(
      value.inputs.map((input) => input.type),
      value.attrs,
    );
    if (!isSameType(value.type, inferred)) fail(value, "its type is not what its operation gives");
    verified.add(value);
  }
  for (const { path, value, next } of graph.stored) {
    if (!isSameType(value.type, next.type)) fail(next, `it is stored to ${path} of another type`);
  }
  for (const { value, dimensions } of [...graph.stored, ...graph.inputs, ...graph.outputs]) {
    const axes = dimensions.flatMap((dimension) => dimension.axes);
    const isComplete =
      axes.length === value.type.axes.length &&
      axes.every((axis, n) => axis === value.type.axes[n]);
    if (!isComplete) fail(value, "its stored dimensions are not its axes");
  }
}
