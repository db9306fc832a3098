import type { ElementType } from "../../ir/graph/graph.ts";
import type { ScalarFn } from "../../ir/scalar-functions/scalar-functions.ts";
import { scalarOp } from "../define-function-op.ts";
import type { OpDefinition, OpSample } from "../define-op.ts";
import { binarySamples, unarySamples } from "../samples.ts";

const gradient = "the result is not a number that changes with its operands";

/** Comparisons and logic; no gradient flows through any of them. */
export const comparisonOps: readonly OpDefinition[] = [
  comparison("equal", "`a == b`.", "eq"),
  comparison("not_equal", "`a != b`.", "ne"),
  comparison("less", "`a < b`.", "lt"),
  comparison("less_equal", "`a <= b`.", "le"),
  comparison("greater", "`a > b`.", "gt"),
  comparison("greater_equal", "`a >= b`.", "ge"),
  logic("and", "`a and b`.", binarySamples([0, 1], [0, 1], "bool")),
  logic("or", "`a or b`.", binarySamples([0, 1], [0, 1], "bool")),
  logic("not", "`not a`.", unarySamples([0, 1], "bool")),
];

function comparison(name: string, doc: string, fn: ScalarFn): OpDefinition {
  const samplesOf = (element: ElementType): readonly OpSample[] =>
    binarySamples([-2, 2], [-2, 2], element);
  return scalarOp({ name, fn, doc, gradient, samples: [...samplesOf("i32"), ...samplesOf("f32")] });
}

function logic(fn: "and" | "or" | "not", doc: string, samples: readonly OpSample[]): OpDefinition {
  return scalarOp({ name: fn, fn, doc, gradient, samples });
}
