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
import { type CheckedCall, defineSurface } from "./define-surface.ts";
import { meetOperands, tensorFor } from "./read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { staticArithmetic, staticFloat, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

type Unary = (build: GraphBuilder, x: Value, origin: Origin) => Value;

/** Functions of one value: tensors element by element, static numbers in float64. */
export const functionSurfaces: readonly SurfaceOp[] = [
  functionSurface("exp", "`e ^ x`.", exp, Math.exp),
  functionSurface("log", "The natural logarithm.", log, Math.log),
  functionSurface("sqrt", "The square root.", sqrt, Math.sqrt),
  functionSurface("rsqrt", "`1 / sqrt(x)`.", rsqrt, (x) => 1 / Math.sqrt(x)),
  functionSurface("sin", "The sine.", sin, Math.sin),
  functionSurface("cos", "The cosine.", cos, Math.cos),
  functionSurface("tanh", "The hyperbolic tangent.", tanh, Math.tanh),
  functionSurface("erf", "The error function.", erf, erfReference),
  functionSurface("erf_inv", "The inverse of `erf`.", erfInv, erfInvReference),
  functionSurface("floor", "The largest whole number that is not larger.", floor, Math.floor),
  defineSurface({
    name: "abs",
    signature: "abs(x)",
    doc: "The absolute value.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: elaborateAbsolute,
  }),
  defineSurface({
    name: "stop_gradient",
    signature: "stop_gradient(x)",
    doc: "`x`, as a constant for gradients.",
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const [argument] = argumentsOf(call, "x");
      const x = argument && tensorFor(call, argument);
      if (x === undefined) return undefined;
      return tensorOperand(stopGradient(call.context.build, x, call.context.origin));
    },
  }),
];

function elaborateAbsolute(call: CheckedCall): Operand | undefined {
  const { build, sizes, origin } = call.context;
  const args = argumentsOf(call, "x");
  const [known] = staticOperands(args) ?? [];
  if (known !== undefined) {
    const { argument } = known;
    const zero = { value: { type: "int", value: sizes.constant(0) }, argument } as const;
    const mirrored = staticArithmetic(call, "-", zero, known);
    if (mirrored === undefined) return undefined;
    return staticOperand(staticArithmetic(call, "max", known, { value: mirrored, argument }));
  }
  const [x] = meetOperands(call, args, "number") ?? [];
  return x && tensorOperand(abs(build, x, origin));
}

function functionSurface(
  name: string,
  doc: string,
  make: Unary,
  compute: (x: number) => number,
): SurfaceOp {
  return defineSurface({
    name,
    signature: `${name}(x)`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const args = argumentsOf(call, "x");
      const [known] = staticOperands(args) ?? [];
      if (known !== undefined) {
        const number = staticFloat(call, known);
        if (number === undefined) return undefined;
        const value = number.value === undefined ? undefined : compute(number.value);
        return staticOperand({ type: "float", value });
      }
      const [x] = meetOperands(call, args, "float") ?? [];
      return x && tensorOperand(make(call.context.build, x, call.context.origin));
    },
  });
}
