import { InternalError } from "../diagnostics/internal-error.ts";
import type { Value } from "../ir/graph/graph.ts";
import { constant, equal, mul, where } from "./build/build.ts";
import { sumTo } from "./build/build-reduction.ts";
import { isFloat } from "./build/type-rules.ts";
import type { GradientContext } from "./define-op.ts";

/**
 * A gradient rule for operands that broadcast: `parts` gives each operand's gradient at the places of
 * the result; here each is summed to its operand. Integers and booleans get none.
 */
export function broadcastGradient(
  parts: (context: GradientContext, inputs: readonly Value[]) => readonly (Value | undefined)[],
): (context: GradientContext) => readonly (Value | undefined)[] {
  return (context) => {
    const inputs = context.value.inputs;
    return parts(context, inputs).map((part, n) => {
      const type = operandOf(context.value, n).type;
      if (part === undefined || !isFloat(type.element)) return undefined;
      return sumTo(context.build, part, type, context.origin);
    });
  };
}

/**
 * The rule of a function of one operand: its slope, which the gradient is multiplied with. A slope that
 * is infinite somewhere is `steep`: there no gradient stays none.
 */
export function slopeGradient(
  slope: (context: GradientContext, x: Value) => Value,
  isSteep: boolean,
): (context: GradientContext) => readonly (Value | undefined)[] {
  return broadcastGradient((context) => {
    const x = operandOf(context.value, 0);
    const part = mul(context.build, context.gradient, slope(context, x), context.origin);
    return [isSteep ? unlessNone(context, part) : part];
  });
}

/**
 * `part`, but 0 where no gradient arrives: what was not chosen (`where(x > 0.0, log(x), 0.0)`) or stands
 * below a bound (`max(sqrt(x), eps)`) gets none, and 0 times an infinite slope would be NaN.
 */
export function unlessNone(context: GradientContext, part: Value): Value {
  const { build, gradient, origin } = context;
  const zero = numberLike(context, gradient, 0);
  return where(build, equal(build, gradient, zero, origin), zero, part, origin);
}

export function operandOf(value: Value, n: number): Value {
  const input = value.inputs[n];
  if (input === undefined) throw new InternalError(`${value.op} has no operand ${n}`);
  return input;
}

/** A number of the text or a size, whatever axes and type it was brought to. */
export function isConstant(value: Value): boolean {
  if (value.op === "constant" || value.op === "size") return true;
  const [input] = value.inputs;
  return (value.op === "convert" || value.op === "expand") && input !== undefined
    ? isConstant(input)
    : false;
}

/** A number of the type of `like`. */
export function numberLike({ build, origin }: GradientContext, like: Value, value: number): Value {
  return constant(build, value, like.type.element, origin);
}

/** `x * factor`. */
export function scaled(context: GradientContext, x: Value, factor: number): Value {
  return mul(context.build, x, numberLike(context, x, factor), context.origin);
}
