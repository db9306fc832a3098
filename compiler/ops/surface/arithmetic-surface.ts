import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { add, clamp, div, maximum, minimum, mod, mul, neg, sub } from "../build/build.ts";
import { defineSurface } from "./define-surface.ts";
import { powerSurface } from "./power-surface.ts";
import { type ElementRule, meetOperands } from "./read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { type StaticOperator, staticArithmetic, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall, SurfaceParameter } from "./surface-definition.ts";

type Binary = (build: GraphBuilder, left: Value, right: Value, origin: Origin) => Value;

const pair: readonly SurfaceParameter[] = [{ name: "a" }, { name: "b" }];

/** `+`, `min` and their like: broadcasting over tensors, exact over static numbers. */
export const arithmeticSurfaces: readonly SurfaceOp[] = [
  arithmeticSurface("+", "a + b", "Adds.", "number", add),
  arithmeticSurface("-", "a - b", "Subtracts.", "number", sub),
  arithmeticSurface("*", "a * b", "Multiplies.", "number", mul),
  arithmeticSurface(
    "/",
    "a / b",
    "Divides: floats, or static whole numbers where it is exact.",
    "float",
    div,
  ),
  arithmeticSurface("div", "a div b", "Divides whole numbers and rounds down.", "integer", div),
  arithmeticSurface("%", "a % b", "The remainder, with the sign of `b`.", "number", mod),
  arithmeticSurface("min", "min(a, b)", "The smaller of two.", "number", minimum),
  arithmeticSurface("max", "max(a, b)", "The larger of two.", "number", maximum),
  powerSurface,
  defineSurface({
    name: "neg",
    signature: "-x",
    doc: "Changes the sign.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: elaborateNegation,
  }),
  defineSurface({
    name: "clamp",
    signature: "clamp(x, low, high)",
    doc: "`x`, but not below `low` and not above `high`.",
    braces: { items: "none" },
    parameters: [{ name: "x" }, { name: "low" }, { name: "high" }],
    elaborate: elaborateClamp,
  }),
];

function arithmeticSurface(
  name: StaticOperator,
  signature: string,
  doc: string,
  rule: ElementRule,
  make: Binary,
): SurfaceOp {
  return defineSurface({
    name,
    signature,
    doc,
    braces: { items: "none" },
    parameters: pair,
    elaborate: (call) => {
      const args = argumentsOf(call, "a", "b");
      const [left, right] = staticOperands(args) ?? [];
      if (left !== undefined && right !== undefined) {
        return staticOperand(staticArithmetic(call, name, left, right));
      }
      const [a, b] = meetOperands(call, args, rule) ?? [];
      if (a === undefined || b === undefined) return undefined;
      return tensorOperand(make(call.context.build, a, b, call.context.origin));
    },
  });
}

function elaborateNegation(call: CheckedCall): Operand | undefined {
  const { build, sizes, origin } = call.context;
  const args = argumentsOf(call, "x");
  const [x] = staticOperands(args) ?? [];
  if (x !== undefined) {
    const { argument } = x;
    const zero = { value: { type: "int", value: sizes.constant(0) }, argument } as const;
    return staticOperand(staticArithmetic(call, "-", zero, x));
  }
  const [value] = meetOperands(call, args, "number") ?? [];
  return value === undefined ? undefined : tensorOperand(neg(build, value, origin));
}

function elaborateClamp(call: CheckedCall): Operand | undefined {
  const args = argumentsOf(call, "x", "low", "high");
  const [x, low, high] = staticOperands(args) ?? [];
  if (x !== undefined && low !== undefined && high !== undefined) {
    const raised = staticArithmetic(call, "max", x, low);
    if (raised === undefined) return undefined;
    const argument = x.argument;
    return staticOperand(staticArithmetic(call, "min", { value: raised, argument }, high));
  }
  const [value, least, most] = meetOperands(call, args, "number") ?? [];
  if (value === undefined || least === undefined || most === undefined) return undefined;
  return tensorOperand(clamp(call.context.build, value, least, most, call.context.origin));
}
