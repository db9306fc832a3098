import type { Graph, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";

/**
 * The values of residual streams: sums of a value and what was made of it, with what such a stream begins with, and
 * what is made of it before the next product: norms, means, parts. Every layer adds to a stream, so in a narrow
 * float it would be rounded as often, and what its end is compared by would have the errors of all layers. A product
 * reads what it multiplies in the narrow float, and what it gives is narrow until it is added.
 */
export function residualStreams(graph: Graph): ReadonlySet<Value> {
  const order = valuesInOrder(graphResults(graph));
  const found = new Set(order.filter(isResidual));
  // A set hands out what is added to it while it is walked through.
  for (const { inputs } of found)
    for (const input of inputs) if (isReal(input) && passing.has(input.op)) found.add(input);
  for (const value of order) if (staysWide(value, found)) found.add(value);
  return found;
}

function isReal({ type }: Value): boolean {
  return type.element === "real";
}

function isResidual(value: Value): boolean {
  const [a, b] = value.inputs;
  if (!isReal(value) || value.op !== "add" || a === undefined || b === undefined) return false;
  return isMadeOf(a, b) || isMadeOf(b, a);
}

/** Values are numbered in the order of making, so that the search is among what was made between the two. */
function isMadeOf(late: Value, early: Value): boolean {
  if (early.inputs.length === 0) return false;
  const seen = new Set<Value>([late]);
  for (const { inputs } of seen)
    for (const input of inputs) {
      if (input === early) return true;
      if (input.id > early.id) seen.add(input);
    }
  return false;
}

/** What is f32 by its text, and what comes back from there, as norms do; what is scaled, summed or moved. */
function staysWide({ op, type, inputs }: Value, wide: ReadonlySet<Value>): boolean {
  const own = inputs.filter((input) => wide.has(input));
  if (own.length === 0) return false;
  if (type.element === "f32" || passing.has(op) || summing.has(op) || op === "convert")
    return type.element === "f32" || type.element === "real";
  // With more axes than what it scales, it is the product of a sum.
  return op === "mul" && own.some((input) => input.type.axes.length === type.axes.length);
}

const summing: ReadonlySet<string> = new Set(["sum", "mean"]);
const passing: ReadonlySet<string> = new Set([
  ...["add", "where", "put", "take"],
  ...["reorder", "expand", "rename", "split", "merge"],
  ...["segment", "concat", "stack", "slice", "element", "window"],
]);
