import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import {
  abs,
  cos,
  erf,
  erfInv,
  exp,
  floor,
  log,
  rsqrt,
  sin,
  sqrt,
  stopGradient,
  tanh,
} from "../build/build.ts";
import { erfInvReference, erfReference } from "../special-functions.ts";
import { defineForm, type Form } from "./define-form.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/form-operands.ts";
import { meetOperands, tensorFor } from "./read/meet-operands.ts";
import { staticArithmetic, staticFloat, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

type Unary = (build: GraphBuilder, x: Value, origin: Origin) => Value;

/** Functions of one value: tensors element by element, static numbers in float64. */
export const functionForms: readonly SurfaceOp[] = [
  functionForm("exp", "`e ^ x`.", exp, Math.exp),
  functionForm("log", "The natural logarithm.", log, Math.log),
  functionForm("sqrt", "The square root.", sqrt, Math.sqrt),
  functionForm("rsqrt", "`1 / sqrt(x)`.", rsqrt, (x) => 1 / Math.sqrt(x)),
  functionForm("sin", "The sine.", sin, Math.sin),
  functionForm("cos", "The cosine.", cos, Math.cos),
  functionForm("tanh", "The hyperbolic tangent.", tanh, Math.tanh),
  functionForm("erf", "The error function.", erf, erfReference),
  functionForm("erf_inv", "The inverse of `erf`.", erfInv, erfInvReference),
  functionForm("floor", "The largest whole number that is not larger.", floor, Math.floor),
  defineForm({
    name: "abs",
    signature: "abs(x)",
    doc: "The absolute value.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: elaborateAbsolute,
  }),
  defineForm({
    name: "stop_gradient",
    signature: "stop_gradient(x)",
    doc: "`x`, as a constant for gradients.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const [argument] = argumentsOf(form, "x");
      const x = argument && tensorFor(form, argument);
      if (x === undefined) return undefined;
      return tensorOperand(stopGradient(form.context.build, x, form.context.origin));
    },
  }),
];

function elaborateAbsolute(form: Form): Operand | undefined {
  const { build, sizes, origin } = form.context;
  const args = argumentsOf(form, "x");
  const [known] = staticOperands(args) ?? [];
  if (known !== undefined) {
    const { argument } = known;
    const zero = { value: { type: "int", value: sizes.constant(0) }, argument } as const;
    const mirrored = staticArithmetic(form, "-", zero, known);
    if (mirrored === undefined) return undefined;
    return staticOperand(staticArithmetic(form, "max", known, { value: mirrored, argument }));
  }
  const [x] = meetOperands(form, args, "number") ?? [];
  return x && tensorOperand(abs(build, x, origin));
}

function functionForm(
  name: string,
  doc: string,
  make: Unary,
  compute: (x: number) => number,
): SurfaceOp {
  return defineForm({
    name,
    signature: `${name}(x)`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const args = argumentsOf(form, "x");
      const [known] = staticOperands(args) ?? [];
      if (known !== undefined) {
        const number = staticFloat(form, known);
        if (number === undefined) return undefined;
        const value = number.value === undefined ? undefined : compute(number.value);
        return staticOperand({ type: "float", value });
      }
      const [x] = meetOperands(form, args, "float") ?? [];
      return x && tensorOperand(make(form.context.build, x, form.context.origin));
    },
  });
}
