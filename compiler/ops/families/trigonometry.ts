import type { Value } from "../../ir/graph/graph.ts";
import { add, applyFunction, cos, div, mul, neg, rsqrt, sin, sub } from "../build/build.ts";
import { type FunctionOp, functionOp, unaryOp } from "../define-function-op.ts";
import type { GradientContext } from "../define-op.ts";
import { broadcastGradient, numberLike, operandOf, unlessNone } from "../gradient.ts";
import { binarySamples, unarySamples } from "../samples.ts";

/** Angles, in radians, and the hyperbolic functions. */
export const trigonometryOps: readonly FunctionOp[] = [
  unaryOp("sin", {
    doc: "The sine of an angle in radians.",
    slope: ({ build, origin }, x) => cos(build, x, origin),
    samples: unarySamples([-4, 4]),
  }),
  unaryOp("cos", {
    doc: "The cosine of an angle in radians.",
    slope: ({ build, origin }, x) => neg(build, sin(build, x, origin), origin),
    samples: unarySamples([-4, 4]),
  }),
  unaryOp("asin", {
    doc: "The angle from `-pi / 2` to `pi / 2` that has this sine.",
    slope: (context, x) => inverseRoot(context, x),
    isSteep: true,
    samples: unarySamples([-0.9, 0.9]),
  }),
  unaryOp("acos", {
    doc: "The angle from 0 to `pi` that has this cosine.",
    slope: (context, x) => neg(context.build, inverseRoot(context, x), context.origin),
    isSteep: true,
    samples: unarySamples([-0.9, 0.9]),
  }),
  unaryOp("atan", {
    doc: "The angle from `-pi / 2` to `pi / 2` that has this tangent.",
    slope: (context, x) => {
      const { build, origin } = context;
      const one = numberLike(context, x, 1);
      return div(build, one, add(build, one, mul(build, x, x, origin), origin), origin);
    },
    samples: unarySamples([-3, 3]),
  }),
  functionOp("atan2", {
    doc: "The angle from `-pi` to `pi` of the point with these coordinates, the upward one first.",
    parameters: ["y", "x"],
    gradient: broadcastGradient((context) => {
      const { build, value, gradient, origin } = context;
      const [y, x] = [operandOf(value, 0), operandOf(value, 1)];
      const square = add(build, mul(build, x, x, origin), mul(build, y, y, origin), origin);
      const share = unlessNone(context, div(build, gradient, square, origin));
      return [mul(build, share, x, origin), neg(build, mul(build, share, y, origin), origin)];
    }),
    samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([0.5, 2], [-2, 2])],
  }),
  unaryOp("sinh", {
    doc: "The hyperbolic sine.",
    slope: ({ build, origin }, x) => applyFunction("cosh", build, [x], origin),
    isSteep: true,
    samples: unarySamples([-3, 3]),
  }),
  unaryOp("cosh", {
    doc: "The hyperbolic cosine.",
    slope: ({ build, origin }, x) => applyFunction("sinh", build, [x], origin),
    isSteep: true,
    samples: unarySamples([-3, 3]),
  }),
  unaryOp("tanh", {
    doc: "The hyperbolic tangent.",
    slope: (context, x) => {
      const { build, value, origin } = context;
      const one = numberLike(context, x, 1);
      return sub(build, one, mul(build, value, value, origin), origin);
    },
    samples: unarySamples([-3, 3]),
  }),
];

/** `1 / sqrt(1 - x ^ 2)`. */
function inverseRoot(context: GradientContext, x: Value): Value {
  const { build, origin } = context;
  const square = mul(build, x, x, origin);
  return rsqrt(build, sub(build, numberLike(context, x, 1), square, origin), origin);
}
