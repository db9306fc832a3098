import type { Value } from "../../ir/graph/graph.ts";
import {
  and,
  div,
  equal,
  floor,
  greater,
  greaterEqual,
  less,
  log,
  mul,
  neg,
  pow,
  sub,
  where,
} from "../build/build.ts";
import { scalarOp } from "../define-function-op.ts";
import type { GradientContext } from "../define-op.ts";
import { broadcastGradient, isConstant, numberLike, operandOf, unlessNone } from "../gradient.ts";
import { binarySamples } from "../samples.ts";

const tieRule = "On a tie with a number the gradient is 0; two tensors get half of it each.";

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
  gradient: broadcastGradient((context) => {
    const { build, value, gradient, origin } = context;
    const divisor = operandOf(value, 1);
    const share = div(build, gradient, divisor, origin);
    const back = neg(build, mul(build, share, value, origin), origin);
    // A number in the text divides: only what is computed can come out as 0.
    const isGiven = isConstant(divisor);
    return [isGiven ? share : unlessNone(context, share), unlessNone(context, back)];
  }),
  samples: [...binarySamples([-2, 2], [0.5, 2]), ...binarySamples([-9, 9], [1, 4], "i32")],
});

export const modOp = scalarOp({
  name: "mod",
  fn: "mod",
  doc: "`a % b`, `a - b * floor(a / b)`: it has the sign of `b`.",
  gradient: broadcastGradient((context) => {
    const { build, value, gradient, origin } = context;
    const [a, b] = [operandOf(value, 0), operandOf(value, 1)];
    const turns = floor(build, div(build, a, b, origin), origin);
    const back = neg(build, mul(build, gradient, turns, origin), origin);
    return [gradient, unlessNone(context, back)];
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
    const slope = mul(build, b, lower, origin);
    const isFlat = equal(build, b, numberLike(context, b, 0), origin);
    // `a ^ 0` is 1 at 0 too, where the slope would be 0 times infinity.
    const safe = isConstant(b)
      ? slope
      : where(build, isFlat, numberLike(context, slope, 0), slope, origin);
    const toPower = mul(build, gradient, mul(build, value, log(build, a, origin), origin), origin);
    // The limit of a^b log(a) at a = 0 is 0 for every b > 0; PyTorch takes 0 for b = 0 too.
    const isLimit = and(
      build,
      equal(build, a, numberLike(context, a, 0), origin),
      greaterEqual(build, b, numberLike(context, b, 0), origin),
      origin,
    );
    const bounded = where(build, isLimit, numberLike(context, toPower, 0), toPower, origin);
    return [unlessNone(context, mul(build, gradient, safe, origin)), unlessNone(context, bounded)];
  }),
  samples: binarySamples([0.5, 2], [-2, 2]),
});

export const minimumOp = scalarOp({
  name: "minimum",
  fn: "min",
  doc: `\`min(a, b)\`. ${tieRule}`,
  gradient: broadcastGradient((context) => chosen(context, less)),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

export const maximumOp = scalarOp({
  name: "maximum",
  fn: "max",
  doc: `\`max(a, b)\`. ${tieRule}`,
  gradient: broadcastGradient((context) => chosen(context, greater)),
  samples: [...binarySamples([-2, 2], [-2, 2]), ...binarySamples([-9, 9], [-9, 9], "i32")],
});

/**
 * The gradient goes to the operand that wins. At a bound that is a number (`max(x, 0.0)`) nothing gets it,
 * as in PyTorch's `relu`; two tensors share it at a tie, as in PyTorch's `maximum`.
 */
function chosen(context: GradientContext, wins: typeof less): readonly Value[] {
  const { build, value, gradient, origin } = context;
  const [a, b] = [operandOf(value, 0), operandOf(value, 1)];
  const zero = numberLike(context, gradient, 0);
  const tied =
    isConstant(a) || isConstant(b)
      ? zero
      : where(
          build,
          equal(build, a, b, origin),
          mul(build, gradient, numberLike(context, gradient, 0.5), origin),
          zero,
          origin,
        );
  return [
    where(build, wins(build, a, b, origin), gradient, tied, origin),
    where(build, wins(build, b, a, origin), gradient, tied, origin),
  ];
}
