import type { Value } from "../../ir/graph/graph.ts";
import {
  div,
  floor,
  greater,
  greaterEqual,
  lessEqual,
  log,
  mul,
  neg,
  pow,
  sub,
  where,
} from "../build/build.ts";
import { scalarOp } from "../define-function-op.ts";
import type { GradientContext } from "../define-op.ts";
import { broadcastGradient, numberLike, operandOf } from "../gradient.ts";
import { binarySamples } from "../samples.ts";

/** Arithmetic of two operands, which broadcast by missing names. */
export const addOp = scalarOp({
  name: "add",
  fn: "add",
  doc: "`a + b`.",
  gradient: broadcastGradient(({ gradient }) => [gradient, gradient]),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const subOp = scalarOp({
  name: "sub",
  fn: "sub",
  doc: "`a - b`.",
  gradient: broadcastGradient(({ build, gradient, origin }) => [
    gradient,
    neg(build, gradient, origin),
  ]),
  samples: binarySamples([-2, 2], [-2, 2]),
});

export const mulOp = scalarOp({
  name: "mul",
  fn: "mul",
  doc: "`a * b`. A `sum` of a product over shared names is a contraction and is never stored.",
  gradient: broadcastGradient(({ build, value, gradient, origin }) => [
    mul(build, gradient, operandOf(value, 1), origin),
    mul(build, gradient, operandOf(value, 0), origin),
  ]),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const divOp = scalarOp({
  name: "div",
  fn: "div",
  doc: "`a / b` of floats, `a div b` of integers, which rounds down.",
  gradient: broadcastGradient(({ build, value, gradient, origin }) => {
    const divisor = operandOf(value, 1);
    const share = div(build, gradient, divisor, origin);
    return [share, neg(build, mul(build, share, value, origin), origin)];
  }),
  samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([-9, 9], [1, 4], "i32")],
});

export const modOp = scalarOp({
  name: "mod",
  fn: "mod",
  doc: "`a % b`, `a - b * floor(a / b)`: it has the sign of `b`.",
  gradient: broadcastGradient(({ build, value, gradient, origin }) => {
    const [a, b] = [operandOf(value, 0), operandOf(value, 1)];
    const turns = floor(build, div(build, a, b, origin), origin);
    return [gradient, neg(build, mul(build, gradient, turns, origin), origin)];
  }),
  samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([-9, 9], [1, 4], "i32")],
});

export const powOp = scalarOp({
  name: "pow",
  fn: "pow",
  doc: "`a ^ b` for `a >= 0`. Small static whole exponents are written as products and take any base.",
  gradient: broadcastGradient((context) => {
    const { build, value, gradient, origin } = context;
    const [a, b] = [operandOf(value, 0), operandOf(value, 1)];
    const lower = pow(build, a, sub(build, b, numberLike(context, b, 1), origin), origin);
    const zero = numberLike(context, a, 0);
    // The limit of a^b log(a) at a = 0 is 0 for every b > 0.
    const safe = where(
      build,
      greater(build, a, zero, origin),
      a,
      numberLike(context, a, 1),
      origin,
    );
    return [
      mul(build, gradient, mul(build, b, lower, origin), origin),
      mul(build, gradient, mul(build, value, log(build, safe, origin), origin), origin),
    ];
  }),
  samples: binarySamples([0.5, 2], [-2, 2]),
});

export const minimumOp = scalarOp({
  name: "minimum",
  fn: "min",
  doc: "`min(a, b)`. On a tie the gradient goes to `a`.",
  gradient: broadcastGradient((context) => {
    const { build, value, origin } = context;
    return chosen(context, lessEqual(build, operandOf(value, 0), operandOf(value, 1), origin));
  }),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const maximumOp = scalarOp({
  name: "maximum",
  fn: "max",
  doc: "`max(a, b)`. On a tie the gradient goes to `a`.",
  gradient: broadcastGradient((context) => {
    const { build, value, origin } = context;
    return chosen(context, greaterEqual(build, operandOf(value, 0), operandOf(value, 1), origin));
  }),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

/** The gradient goes to the left operand where `isLeft`, else to the right one. */
function chosen(context: GradientContext, isLeft: Value): readonly Value[] {
  const { build, gradient, origin } = context;
  const zero = numberLike(context, gradient, 0);
  return [
    where(build, isLeft, gradient, zero, origin),
    where(build, isLeft, zero, gradient, origin),
  ];
}
