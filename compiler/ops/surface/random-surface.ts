import type { Value } from "../../ir/graph/graph.ts";
import { add, constant, erfInv, mul, uniform } from "../build/build.ts";
import { defineSurface } from "./define-surface.ts";
import { tensorOperand } from "./read/operands.ts";
import type { SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Random numbers: functions of seed, step, path, call site and the element's own place. */
export const randomSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "random.uniform",
    signature: "random.uniform{B, N}()",
    doc: "`f32` numbers in [0, 1), each a multiple of 2^-24.",
    braces: { items: "many" },
    parameters: [],
    elaborate: (call) => tensorOperand(uniformNumbers(call)),
  }),
  defineSurface({
    name: "random.normal",
    signature: "random.normal{B, N}()",
    doc: "`f32` numbers with mean 0 and standard deviation 1.",
    braces: { items: "many" },
    parameters: [],
    elaborate: (call) => tensorOperand(normalNumbers(call)),
  }),
];

function uniformNumbers({ axes, context }: CheckedCall): Value {
  return uniform(context.build, axes, context.nextStream(), context.origin);
}

/**
 * The inverse of the normal distribution at the middle of each of the 2^24 steps of `uniform`, so that
 * 0 and 1, where it is infinite, are never asked for.
 */
function normalNumbers(call: CheckedCall): Value {
  const { build, origin } = call.context;
  const number = (value: number): Value => constant(build, value, "f32", origin);
  const doubled = mul(build, uniformNumbers(call), number(2), origin);
  const centred = add(build, doubled, number(2 ** -24 - 1), origin);
  return mul(build, erfInv(build, centred, origin), number(Math.SQRT2), origin);
}
