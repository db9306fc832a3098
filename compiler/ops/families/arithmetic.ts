import { call } from "../../ir/expr/expr.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { ScalarFn } from "../../ir/kernel/kernel.ts";
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
import { arithmeticType, floatType, isInteger } from "../build/type-rules.ts";
import { defineOp, type GradientContext, type Lowering } from "../define-op.ts";
import { broadcastGradient, numberLike, operandOf } from "../gradient.ts";
import { elementwise, scalarOf } from "../lowering.ts";
import { pointwise } from "../reference.ts";
import { binarySamples } from "../samples.ts";

/** Arithmetic of two operands, which broadcast by missing names. */
export const addOp = defineOp({
  name: "add",
  doc: "`a + b`.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ gradient }) => [gradient, gradient]),
  lowering: scalarCall("add"),
  reference: pointwise((a, b) => a + b),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const subOp = defineOp({
  name: "sub",
  doc: "`a - b`.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ build, gradient, origin }) => [
    gradient,
    neg(build, gradient, origin),
  ]),
  lowering: scalarCall("sub"),
  reference: pointwise((a, b) => a - b),
  samples: binarySamples([-2, 2], [-2, 2]),
});

export const mulOp = defineOp({
  name: "mul",
  doc: "`a * b`. A `sum` of a product over shared names is a contraction and is never stored.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ build, value, gradient, origin }) => [
    mul(build, gradient, operandOf(value, 1), origin),
    mul(build, gradient, operandOf(value, 0), origin),
  ]),
  lowering: scalarCall("mul"),
  reference: pointwise((a, b) => a * b),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const divOp = defineOp({
  name: "div",
  doc: "`a / b` of floats, `a div b` of integers, which rounds down.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ build, value, gradient, origin }) => {
    const divisor = operandOf(value, 1);
    const share = div(build, gradient, divisor, origin);
    return [share, neg(build, mul(build, share, value, origin), origin)];
  }),
  lowering: scalarCall("div"),
  reference: (inputs, attrs, type, extent) => {
    const rounds = isInteger(type.element);
    const divide = (a: number, b: number): number => (rounds ? Math.floor(a / b) : a / b);
    return pointwise(divide)(inputs, attrs, type, extent);
  },
  samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([-9, 9], [1, 4], "i32")],
});

export const modOp = defineOp({
  name: "mod",
  doc: "`a % b`, `a - b * floor(a / b)`: it has the sign of `b`.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ build, value, gradient, origin }) => {
    const [a, b] = [operandOf(value, 0), operandOf(value, 1)];
    const turns = floor(build, div(build, a, b, origin), origin);
    return [gradient, neg(build, mul(build, gradient, turns, origin), origin)];
  }),
  lowering: scalarCall("mod"),
  reference: pointwise((a, b) => a - Math.floor(a / b) * b),
  samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([-9, 9], [1, 4], "i32")],
});

export const powOp = defineOp({
  name: "pow",
  doc: "`a ^ b` for `a >= 0`. Small static whole exponents are written as products and take any base.",
  infer: floatType,
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
  lowering: scalarCall("pow"),
  reference: pointwise((a, b) => a ** b),
  samples: binarySamples([0.5, 2], [-2, 2]),
});

export const minimumOp = defineOp({
  name: "minimum",
  doc: "`min(a, b)`. On a tie the gradient goes to `a`.",
  infer: arithmeticType,
  gradient: broadcastGradient((context) => {
    const { build, value, origin } = context;
    return chosen(context, lessEqual(build, operandOf(value, 0), operandOf(value, 1), origin));
  }),
  lowering: scalarCall("min"),
  reference: pointwise((a, b) => Math.min(a, b)),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const maximumOp = defineOp({
  name: "maximum",
  doc: "`max(a, b)`. On a tie the gradient goes to `a`.",
  infer: arithmeticType,
  gradient: broadcastGradient((context) => {
    const { build, value, origin } = context;
    return chosen(context, greaterEqual(build, operandOf(value, 0), operandOf(value, 1), origin));
  }),
  lowering: scalarCall("max"),
  reference: pointwise((a, b) => Math.max(a, b)),
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

function scalarCall(fn: ScalarFn): Lowering {
  return elementwise((values, { type }) => call(fn, values, scalarOf(type.element)));
}
