import { call } from "../../ir/expr/expr.ts";
import type { ScalarFn } from "../../ir/kernel/kernel.ts";
import {
  constant,
  cos,
  div,
  exp,
  greaterEqual,
  mul,
  neg,
  sin,
  sub,
  where,
} from "../build/build.ts";
import { arithmeticType, floatType } from "../build/type-rules.ts";
import { defineOp, type Lowering } from "../define-op.ts";
import { broadcastGradient, numberLike, scaled, slopeGradient } from "../gradient.ts";
import { elementwise, scalarOf } from "../lowering.ts";
import { pointwise } from "../reference.ts";
import { unarySamples } from "../samples.ts";
import { erfInvReference, erfReference } from "../special-functions.ts";

/** Functions of one element. */
export const negOp = defineOp({
  name: "neg",
  doc: "`-x`.",
  infer: arithmeticType,
  gradient: broadcastGradient(({ build, gradient, origin }) => [neg(build, gradient, origin)]),
  lowering: scalarCall("neg"),
  reference: pointwise((x) => -x),
  samples: [...unarySamples([-2, 2]), ...unarySamples([-9, 9], "i32")],
});

export const absOp = defineOp({
  name: "abs",
  doc: "The absolute value; its gradient at 0 is that of `x`.",
  infer: arithmeticType,
  gradient: broadcastGradient((context, [x]) => {
    const { build, gradient, origin } = context;
    if (x === undefined) return [];
    const isPositive = greaterEqual(build, x, numberLike(context, x, 0), origin);
    return [where(build, isPositive, gradient, neg(build, gradient, origin), origin)];
  }),
  lowering: scalarCall("abs"),
  reference: pointwise(Math.abs),
  samples: [...unarySamples([-2, 2]), ...unarySamples([-9, 9], "i32")],
});

export const expOp = defineOp({
  name: "exp",
  doc: "`e ^ x`.",
  infer: floatType,
  gradient: slopeGradient(({ value }) => value),
  lowering: scalarCall("exp"),
  reference: pointwise(Math.exp),
  samples: unarySamples([-2, 2]),
});

export const logOp = defineOp({
  name: "log",
  doc: "The natural logarithm.",
  infer: floatType,
  gradient: slopeGradient((context, x) =>
    div(context.build, numberLike(context, x, 1), x, context.origin),
  ),
  lowering: scalarCall("log"),
  reference: pointwise(Math.log),
  samples: unarySamples([0.5, 3]),
});

export const sqrtOp = defineOp({
  name: "sqrt",
  doc: "The square root.",
  infer: floatType,
  gradient: slopeGradient((context, x) =>
    div(context.build, numberLike(context, x, 0.5), context.value, context.origin),
  ),
  lowering: scalarCall("sqrt"),
  reference: pointwise(Math.sqrt),
  samples: unarySamples([0.5, 3]),
});

export const rsqrtOp = defineOp({
  name: "rsqrt",
  doc: "`1 / sqrt(x)`.",
  infer: floatType,
  gradient: slopeGradient((context, x) =>
    div(context.build, scaled(context, context.value, -0.5), x, context.origin),
  ),
  lowering: scalarCall("rsqrt"),
  reference: pointwise((x) => 1 / Math.sqrt(x)),
  samples: unarySamples([0.5, 3]),
});

export const sinOp = defineOp({
  name: "sin",
  doc: "The sine of an angle in radians.",
  infer: floatType,
  gradient: slopeGradient(({ build, origin }, x) => cos(build, x, origin)),
  lowering: scalarCall("sin"),
  reference: pointwise(Math.sin),
  samples: unarySamples([-4, 4]),
});

export const cosOp = defineOp({
  name: "cos",
  doc: "The cosine of an angle in radians.",
  infer: floatType,
  gradient: slopeGradient(({ build, origin }, x) => neg(build, sin(build, x, origin), origin)),
  lowering: scalarCall("cos"),
  reference: pointwise(Math.cos),
  samples: unarySamples([-4, 4]),
});

export const tanhOp = defineOp({
  name: "tanh",
  doc: "The hyperbolic tangent.",
  infer: floatType,
  gradient: slopeGradient((context, x) => {
    const { build, value, origin } = context;
    const one = numberLike(context, x, 1);
    return sub(build, one, mul(build, value, value, origin), origin);
  }),
  lowering: scalarCall("tanh"),
  reference: pointwise(Math.tanh),
  samples: unarySamples([-3, 3]),
});

export const erfOp = defineOp({
  name: "erf",
  doc: "The error function, `2 / sqrt(pi)` times the integral of `exp(-t ^ 2)` from 0 to `x`.",
  infer: floatType,
  gradient: slopeGradient((context, x) => {
    const { build, origin } = context;
    const bell = exp(build, neg(build, mul(build, x, x, origin), origin), origin);
    return scaled(context, bell, 2 / Math.sqrt(Math.PI));
  }),
  lowering: scalarCall("erf"),
  reference: pointwise(erfReference),
  samples: unarySamples([-3, 3]),
});

export const erfInvOp = defineOp({
  name: "erf_inv",
  doc: "The inverse of `erf`, for numbers between -1 and 1.",
  infer: floatType,
  gradient: slopeGradient((context) => {
    const { build, value, origin } = context;
    const inverse = exp(build, mul(build, value, value, origin), origin);
    return scaled(context, inverse, Math.sqrt(Math.PI) / 2);
  }),
  lowering: scalarCall("erf_inv"),
  reference: pointwise(erfInvReference),
  samples: unarySamples([-0.97, 0.97]),
});

export const floorOp = defineOp({
  name: "floor",
  doc: "The largest whole number that is not larger. Its gradient is 0.",
  infer: floatType,
  gradient: broadcastGradient(({ build, gradient, origin }) => [
    mul(build, gradient, constant(build, 0, gradient.type.element, origin), origin),
  ]),
  lowering: scalarCall("floor"),
  reference: pointwise(Math.floor),
  samples: unarySamples([-3, 3]),
});

function scalarCall(fn: ScalarFn): Lowering {
  return elementwise((values, { type }) => call(fn, values, scalarOf(type.element)));
}
