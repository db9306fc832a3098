import type { Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import { convert } from "../ops/build/build.ts";

/**
 * A gradient that was summed in a narrow float and then widened, summed in f32 instead: nothing of it is rounded
 * between the products and the result. Any other value is returned as it is.
 */
export function accumulatedWide(build: GraphBuilder, gradient: Value): Value {
  const [narrow] = gradient.inputs;
  if (gradient.op !== "convert" || gradient.type.element !== "f32" || narrow === undefined)
    return gradient;
  return isNarrow(narrow) ? widened(build, narrow) : gradient;
}

function widened(build: GraphBuilder, value: Value): Value {
  if (isNarrow(value) && sums.has(value.op))
    return inWide(
      build,
      value,
      value.inputs.map((input) => summand(build, input)),
    );
  if (isNarrow(value) && passed.has(value.op))
    return inWide(
      build,
      value,
      value.inputs.map((input) => widened(build, input)),
    );
  return isNarrow(value) ? convert(build, value, "f32", value.origin) : value;
}

/** What is summed may be stored for others too, and stays narrow; a product is not stored, but its factors are. */
function summand(build: GraphBuilder, value: Value): Value {
  if (!isNarrow(value)) return value;
  const wide = (one: Value): Value => convert(build, one, "f32", one.origin);
  return value.op === "mul" ? inWide(build, value, value.inputs.map(wide)) : wide(value);
}

function inWide(
  build: GraphBuilder,
  { op, attrs, type, origin }: Value,
  inputs: readonly Value[],
): Value {
  return build.value(op, inputs, attrs, { element: "f32", axes: type.axes }, origin);
}

function isNarrow({ type }: Value): boolean {
  return type.element === "f16" || type.element === "bf16";
}

const sums: ReadonlySet<string> = new Set(["sum", "mean", "put_combined"]);
/** What stands between sums and the end of a gradient: sums of several uses, and movement. */
const passed: ReadonlySet<string> = new Set([
  "add",
  "reorder",
  "expand",
  "rename",
  "split",
  "merge",
  "segment",
  "concat",
  "stack",
  "slice",
  "element",
  "window",
]);
