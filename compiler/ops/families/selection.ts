import { call, select } from "../../ir/expr/expr.ts";
import { and, greater, less, lessEqual, where } from "../build/build.ts";
import { arithmeticType, whereType } from "../build/type-rules.ts";
import { defineOp, type OpSample } from "../define-op.ts";
import { broadcastGradient, numberLike, operandOf } from "../gradient.ts";
import { elementwise, operand, scalarOf } from "../lowering.ts";
import { pointwise } from "../reference.ts";

/** Choosing between elements. */
export const whereOp = defineOp({
  name: "where",
  doc: "`a` where the condition holds, else `b`.",
  infer: whereType,
  gradient: broadcastGradient((context) => {
    const { build, value, gradient, origin } = context;
    const condition = operandOf(value, 0);
    const zero = numberLike(context, gradient, 0);
    return [
      undefined,
      where(build, condition, gradient, zero, origin),
      where(build, condition, zero, gradient, origin),
    ];
  }),
  lowering: elementwise((values) =>
    select(operand(values, 0), operand(values, 1), operand(values, 2)),
  ),
  reference: pointwise((condition, then, otherwise) => (condition !== 0 ? then : otherwise)),
  samples: [whereSample("f32"), whereSample("i32")],
});

export const clampOp = defineOp({
  name: "clamp",
  doc: "`clamp(x, low, high)`: `x`, but not below `low` and not above `high`; `high` wins.",
  infer: arithmeticType,
  gradient: broadcastGradient((context) => {
    const { build, value, gradient, origin } = context;
    const [x, low, high] = [operandOf(value, 0), operandOf(value, 1), operandOf(value, 2)];
    const zero = numberLike(context, gradient, 0);
    const isBelow = less(build, x, low, origin);
    const isCapped = greater(build, where(build, isBelow, low, x, origin), high, origin);
    const isKept = and(
      build,
      lessEqual(build, low, x, origin),
      lessEqual(build, x, high, origin),
      origin,
    );
    const underCap = where(build, isCapped, zero, gradient, origin);
    return [
      where(build, isKept, gradient, zero, origin),
      where(build, isBelow, underCap, zero, origin),
      where(build, isCapped, gradient, zero, origin),
    ];
  }),
  lowering: elementwise((values, { type }) => call("clamp", values, scalarOf(type.element))),
  reference: pointwise((x, low, high) => Math.min(Math.max(x, low), high)),
  samples: [
    {
      name: "scalar bounds",
      make: (build) => {
        const axes = [build.axis("N", 3), build.axis("D", 5)];
        const scalar = { element: "f32", axes: [] } as const;
        return { inputs: [{ element: "f32", axes }, scalar, scalar], attrs: {} };
      },
      ranges: [
        [-3, 3],
        [-1, -0.5],
        [0.5, 1],
      ],
    },
  ],
});

function whereSample(element: "f32" | "i32"): OpSample {
  return {
    name: `${element}, condition and operands with other axes`,
    make: (build) => {
      const [n, d, b] = [build.axis("N", 3), build.axis("D", 5), build.axis("B", 2)];
      return {
        inputs: [
          { element: "bool", axes: [n, d] },
          { element, axes: [d] },
          { element, axes: [b, n] },
        ],
        attrs: {},
      };
    },
    ranges: [
      [0, 1],
      [-5, 5],
      [-5, 5],
    ],
  };
}
