import type { IdRange } from "../artifact.ts";
import type { Graph, GraphInput, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { axisOf } from "../ops/build/type-rules.ts";
import type { Extent } from "../ops/define-op.ts";
import { interpretGraph } from "../ops/interpret-graph.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";

/** Operations whose results hold the numbers of their operands, at other places. */
const moving = new Set([
  ...["rename", "reorder", "expand", "split", "merge", "segment", "element", "slice"],
  ...["concat", "stack"],
]);

/** Readers of whole numbers that choose from what a program computes; some of theirs choose nothing (-100). */
const choosing = new Set(["labels", "soft_label", "segmentation", "key"]);

/**
 * By the names of inputs: the ids that an input may hold, where it chooses entries of a parameter (the rows of an
 * embedding). `take` gives 0 outside, which for ids from elsewhere is a mistake that nobody would see. Numbers that
 * the program looks for (`ids == image_token`) are meant, in the vocabulary or not.
 */
export function idRanges(graph: Graph, extent: Extent): ReadonlyMap<string, IdRange> {
  const inputs = graph.inputs.filter(mayChoose);
  const users = inputs.length === 0 ? [] : valuesInOrder(graphResults(graph));
  const ranges = new Map<string, IdRange>();
  for (const { name, value } of inputs) {
    const range = rangeOf(value, users, extent);
    if (range !== undefined) ranges.set(name, range);
  }
  return ranges;
}

function mayChoose({ value, reader }: GraphInput): boolean {
  const { element } = value.type;
  return (element === "i32" || element === "u32") && !choosing.has(reader?.name ?? "");
}

/** `users` stand in order, operands before what reads them. */
function rangeOf(input: Value, users: readonly Value[], extent: Extent): IdRange | undefined {
  const held = new Set([input]);
  const also = new Set<number>();
  let range: Omit<IdRange, "also"> | undefined;
  for (const value of users) {
    const [first, second] = value.inputs;
    if (first === undefined) continue;
    if (moving.has(value.op) && value.inputs.some((operand) => held.has(operand))) held.add(value);
    if (second === undefined) continue;
    if (value.op === "take" && held.has(second) && isParameter(first)) {
      const axis = axisOf(value.attrs, "axis");
      const size = extent(axis);
      if (range === undefined || size < range.size) range = { axis: axis.name, size };
    }
    if (value.op !== "equal" && value.op !== "not_equal") continue;
    const other = held.has(first) ? second : held.has(second) ? first : undefined;
    const number = other && numberIn(other, extent);
    if (number !== undefined) also.add(number);
  }
  return range && { ...range, also: [...also].sort((a, b) => a - b) };
}

function isParameter(value: Value): boolean {
  const [only] = value.inputs;
  if (moving.has(value.op) && value.inputs.length === 1 && only !== undefined)
    return isParameter(only);
  return value.op === "parameter";
}

function numberIn(value: Value, extent: Extent): number | undefined {
  if (value.op !== "constant" && value.op !== "size") return undefined;
  return interpretGraph([value], new Map(), extent).get(value)?.data[0];
}
