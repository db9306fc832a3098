import type { Value } from "../../ir/graph/graph.ts";
import { add, div, exp, greater, less, mul, neg, where } from "../build/build.ts";
import { type FunctionOp, functionOp, scalarOp, unaryOp } from "../define-function-op.ts";
import type { GradientContext } from "../define-op.ts";
import { broadcastGradient, numberLike, scaled } from "../gradient.ts";
import { unarySamples } from "../samples.ts";

/** Functions of one element; what they mean and their WGSL stand in `ir/scalar-functions`. */
export const negOp = scalarOp({
  name: "neg",
  fn: "neg",
  doc: "`-x`.",
  gradient: broadcastGradient(({ build, gradient, origin }) => [neg(build, gradient, origin)]),
  samples: [...unarySamples([-2, 2]), ...unarySamples([-9, 9], "i32")],
});

export const absOp = scalarOp({
  name: "abs",
  fn: "abs",
  doc: "The absolute value; its gradient at 0 is 0.",
  gradient: broadcastGradient((context, [x]) => {
    const { build, gradient, origin } = context;
    if (x === undefined) return [];
    const zero = numberLike(context, x, 0);
    const none = numberLike(context, gradient, 0);
    const fallen = where(
      build,
      less(build, x, zero, origin),
      neg(build, gradient, origin),
      none,
      origin,
    );
    return [where(build, greater(build, x, zero, origin), gradient, fallen, origin)];
  }),
  samples: [...unarySamples([-2, 2]), ...unarySamples([-9, 9], "i32")],
});

export const exponentialOps: readonly FunctionOp[] = [
  unaryOp("exp", {
    doc: "`e ^ x`.",
    slope: ({ value }) => value,
    isSteep: true,
    samples: unarySamples([-2, 2]),
  }),
  unaryOp("expm1", {
    doc: "`e ^ x - 1`, with all its digits near 0.",
    slope: (context, x) =>
      add(context.build, context.value, numberLike(context, x, 1), context.origin),
    isSteep: true,
    samples: unarySamples([-2, 2]),
  }),
  unaryOp("log", {
    doc: "The natural logarithm.",
    slope: (context, x) => inverse(context, x, x),
    isSteep: true,
    samples: unarySamples([0.5, 3]),
  }),
  unaryOp("log1p", {
    doc: "`log(1 + x)`, with all its digits near 0.",
    slope: (context, x) => {
      const { build, origin } = context;
      return inverse(context, x, add(build, numberLike(context, x, 1), x, origin));
    },
    isSteep: true,
    samples: unarySamples([-0.7, 3]),
  }),
  unaryOp("sqrt", {
    doc: "The square root.",
    slope: (context, x) =>
      div(context.build, numberLike(context, x, 0.5), context.value, context.origin),
    isSteep: true,
    samples: unarySamples([0.5, 3]),
  }),
  unaryOp("rsqrt", {
    doc: "`1 / sqrt(x)`.",
    // Of the result alone, which is kept anyway: kernels of the backward pass have one tensor less to bind.
    slope: (context) => {
      const { build, value, origin } = context;
      const square = mul(build, value, value, origin);
      return mul(build, scaled(context, value, -0.5), square, origin);
    },
    isSteep: true,
    samples: unarySamples([0.5, 3]),
  }),
  unaryOp("erf", {
    doc: "The error function, `2 / sqrt(pi)` times the integral of `exp(-t ^ 2)` from 0 to `x`.",
    slope: (context, x) => {
      const { build, origin } = context;
      const bell = exp(build, neg(build, mul(build, x, x, origin), origin), origin);
      return scaled(context, bell, 2 / Math.sqrt(Math.PI));
    },
    samples: unarySamples([-3, 3]),
  }),
  unaryOp("erf_inv", {
    doc: "The inverse of `erf`, for numbers between -1 and 1.",
    slope: (context) => {
      const { build, value, origin } = context;
      const grown = exp(build, mul(build, value, value, origin), origin);
      return scaled(context, grown, Math.sqrt(Math.PI) / 2);
    },
    isSteep: true,
    samples: unarySamples([-0.97, 0.97]),
  }),
];

export const roundingOps: readonly FunctionOp[] = [
  rounding("floor", "The largest whole number that is not larger."),
  rounding("ceil", "The smallest whole number that is not smaller."),
  rounding("trunc", "The whole number before the point."),
  rounding("round", "The nearest whole number; of two, the even one."),
];

export const classificationOps: readonly FunctionOp[] = [
  classification("is_nan", "Whether `x` is NaN: no number."),
  classification("is_finite", "Whether `x` is a number that is not infinite."),
];

function rounding(fn: "floor" | "ceil" | "trunc" | "round", doc: string): FunctionOp {
  return unaryOp(fn, {
    doc: `${doc} Its gradient is 0.`,
    slope: (context, x) => numberLike(context, x, 0),
    samples: unarySamples([-3, 3]),
  });
}

function classification(fn: "is_nan" | "is_finite", doc: string): FunctionOp {
  return functionOp(fn, {
    doc,
    parameters: ["x"],
    gradient: "the result is not a number that changes with its operands",
    samples: unarySamples([-3, 3]),
  });
}

function inverse(context: GradientContext, x: Value, of: Value): Value {
  return div(context.build, numberLike(context, x, 1), of, context.origin);
}
