import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { add, clamp, div, maximum, minimum, mod, mul, neg, sub } from "../build/build.ts";
import { defineForm, type Form, type FormParameter } from "./define-form.ts";
import { powerForm } from "./power-form.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/form-operands.ts";
import { type ElementRule, meetOperands } from "./read/meet-operands.ts";
import { type StaticOperator, staticArithmetic, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

type Binary = (build: GraphBuilder, left: Value, right: Value, origin: Origin) => Value;

const pair: readonly FormParameter[] = [{ name: "a" }, { name: "b" }];

/** `+`, `min` and their like: broadcasting over tensors, exact over static numbers. */
export const arithmeticForms: readonly SurfaceOp[] = [
  arithmeticForm("+", "a + b", "Adds.", "number", add),
  arithmeticForm("-", "a - b", "Subtracts.", "number", sub),
  arithmeticForm("*", "a * b", "Multiplies.", "number", mul),
  arithmeticForm(
    "/",
    "a / b",
    "Divides: floats, or static whole numbers where it is exact.",
    "float",
    div,
  ),
  arithmeticForm("div", "a div b", "Divides whole numbers and rounds down.", "integer", div),
  arithmeticForm("%", "a % b", "The remainder, with the sign of `b`.", "number", mod),
  arithmeticForm("min", "min(a, b)", "The smaller of two.", "number", minimum),
  arithmeticForm("max", "max(a, b)", "The larger of two.", "number", maximum),
  powerForm,
  defineForm({
    name: "neg",
    signature: "-x",
    doc: "Changes the sign.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: elaborateNegation,
  }),
  defineForm({
    name: "clamp",
    signature: "clamp(x, low, high)",
    doc: "`x`, but not below `low` and not above `high`.",
    braces: { items: "none" },
    parameters: [{ name: "x" }, { name: "low" }, { name: "high" }],
    elaborate: elaborateClamp,
  }),
];

function arithmeticForm(
  name: StaticOperator,
  signature: string,
  doc: string,
  rule: ElementRule,
  make: Binary,
): SurfaceOp {
  return defineForm({
    name,
    signature,
    doc,
    braces: { items: "none" },
    parameters: pair,
    elaborate: (form) => {
      const args = argumentsOf(form, "a", "b");
      const [left, right] = staticOperands(args) ?? [];
      if (left !== undefined && right !== undefined) {
        return staticOperand(staticArithmetic(form, name, left, right));
      }
      const [a, b] = meetOperands(form, args, rule) ?? [];
      if (a === undefined || b === undefined) return undefined;
      return tensorOperand(make(form.context.build, a, b, form.context.origin));
    },
  });
}

function elaborateNegation(form: Form): Operand | undefined {
  const { build, sizes, origin } = form.context;
  const args = argumentsOf(form, "x");
  const [x] = staticOperands(args) ?? [];
  if (x !== undefined) {
    const { argument } = x;
    const zero = { value: { type: "int", value: sizes.constant(0) }, argument } as const;
    return staticOperand(staticArithmetic(form, "-", zero, x));
  }
  const [value] = meetOperands(form, args, "number") ?? [];
  return value === undefined ? undefined : tensorOperand(neg(build, value, origin));
}

function elaborateClamp(form: Form): Operand | undefined {
  const args = argumentsOf(form, "x", "low", "high");
  const [x, low, high] = staticOperands(args) ?? [];
  if (x !== undefined && low !== undefined && high !== undefined) {
    const raised = staticArithmetic(form, "max", x, low);
    if (raised === undefined) return undefined;
    const argument = x.argument;
    return staticOperand(staticArithmetic(form, "min", { value: raised, argument }, high));
  }
  const [value, least, most] = meetOperands(form, args, "number") ?? [];
  if (value === undefined || least === undefined || most === undefined) return undefined;
  return tensorOperand(clamp(form.context.build, value, least, most, form.context.origin));
}
