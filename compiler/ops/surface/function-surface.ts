import { abs, stopGradient } from "../build/build.ts";
import { exponentialOps, roundingOps } from "../families/functions.ts";
import { trigonometryOps } from "../families/trigonometry.ts";
import { defineSurface } from "./define-surface.ts";
import { meetOperands, tensorFor } from "./read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { staticArithmetic, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Functions of one value; most are written by their name and need no more than their record. */
export const functionSurfaces: readonly SurfaceOp[] = [
  ...[...exponentialOps, ...roundingOps, ...trigonometryOps].map(({ surface }) => surface),
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
