import { call } from "../../ir/expr/expr.ts";
import type { ElementType } from "../../ir/graph/graph.ts";
import type { ScalarFn } from "../../ir/kernel/kernel.ts";
import { comparisonType } from "../build/type-rules.ts";
import { defineOp, type OpDefinition, type OpSample } from "../define-op.ts";
import { elementwise } from "../lowering.ts";
import { pointwise } from "../reference.ts";
import { binarySamples, unarySamples } from "../samples.ts";

const noGradient = "the result is not a number that changes with its operands";

/** Comparisons and logic. Booleans are 0 and 1 in references; no gradient flows through any of them. */
export const comparisonOps: readonly OpDefinition[] = [
  comparison("equal", "`a == b`.", "eq", (a, b) => a === b),
  comparison("not_equal", "`a != b`.", "ne", (a, b) => a !== b),
  comparison("less", "`a < b`.", "lt", (a, b) => a < b),
  comparison("less_equal", "`a <= b`.", "le", (a, b) => a <= b),
  comparison("greater", "`a > b`.", "gt", (a, b) => a > b),
  comparison("greater_equal", "`a >= b`.", "ge", (a, b) => a >= b),
  logic("and", "`a and b`.", (a, b) => a && b, binarySamples([0, 1], [0, 1], "bool")),
  logic("or", "`a or b`.", (a, b) => a || b, binarySamples([0, 1], [0, 1], "bool")),
  logic("not", "`not a`.", (a) => !a, unarySamples([0, 1], "bool")),
];

function comparison(
  name: string,
  doc: string,
  fn: ScalarFn,
  test: (a: number, b: number) => boolean,
): OpDefinition {
  const samplesOf = (element: ElementType): readonly OpSample[] =>
    binarySamples([-2, 2], [-2, 2], element);
  return defineOp({
    name,
    doc,
    infer: comparisonType,
    gradient: noGradient,
    lowering: elementwise((values) => call(fn, values, "bool")),
    reference: pointwise((a, b) => Number(test(a, b))),
    samples: [...samplesOf("i32"), ...samplesOf("f32")],
  });
}

function logic(
  name: "and" | "or" | "not",
  doc: string,
  decide: (a: boolean, b: boolean) => boolean,
  samples: readonly OpSample[],
): OpDefinition {
  return defineOp({
    name,
    doc,
    infer: comparisonType,
    gradient: noGradient,
    lowering: elementwise((values) => call(name, values, "bool")),
    reference: pointwise((a, b) => Number(decide(a !== 0, b !== 0))),
    samples,
  });
}
