import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { constant, div, mul, pow, rsqrt, sqrt } from "../build/build.ts";
import { defineSurface } from "./define-surface.ts";
import { meetOperands } from "./read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { staticArithmetic, staticOperands } from "./read/static-arithmetic.ts";
import type { Operand, StaticValue } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/**
 * `a ^ b`. Whole static exponents become products, which are exact for any base, where the `pow` of
 * a GPU has no negative one; halves become square roots.
 */
export const powerSurface = defineSurface({
  name: "^",
  signature: "a ^ b",
  doc: "The power. A static whole exponent takes any base, another one needs `a >= 0`.",
  braces: { items: "none" },
  parameters: [{ name: "a" }, { name: "b" }],
  elaborate: (call) => {
    const args = argumentsOf(call, "a", "b");
    const [base, exponent] = staticOperands(args) ?? [];
    if (base !== undefined && exponent !== undefined) {
      return staticOperand(staticArithmetic(call, "^", base, exponent));
    }
    const [left, right] = args;
    if (right?.operand.kind === "static" && left !== undefined) {
      const known = numberOf(call, right.operand.value);
      const isWhole = known !== undefined && Number.isInteger(known) && known >= 0;
      const [x] = meetOperands(call, [left], isWhole ? "number" : "float") ?? [];
      if (x === undefined) return undefined;
      const made = known === undefined ? undefined : staticPower(call, x, known);
      if (made !== undefined) return made;
    }
    const [a, b] = meetOperands(call, args, "float") ?? [];
    if (a === undefined || b === undefined) return undefined;
    return tensorOperand(pow(call.context.build, a, b, call.context.origin));
  },
});

/** The largest exponent that is written out; `pow` costs about as much as eight products. */
const longestProduct = 16;

function staticPower(call: CheckedCall, x: Value, exponent: number): Operand | undefined {
  const { build, origin } = call.context;
  const one = constant(build, 1, x.type.element, origin);
  if (exponent === 0.5) return tensorOperand(sqrt(build, x, origin));
  if (exponent === -0.5) return tensorOperand(rsqrt(build, x, origin));
  if (exponent === 0) return undefined;
  if (!Number.isInteger(exponent) || Math.abs(exponent) > longestProduct) return undefined;
  const product = repeatedProduct(build, x, Math.abs(exponent), origin);
  return tensorOperand(exponent > 0 ? product : div(build, one, product, origin));
}

/** By squaring: `x ^ 5` is `(x ^ 2) ^ 2 * x`. */
function repeatedProduct(build: GraphBuilder, x: Value, times: number, origin: Origin): Value {
  if (times === 1) return x;
  const half = repeatedProduct(build, x, Math.floor(times / 2), origin);
  const square = mul(build, half, half, origin);
  return times % 2 === 0 ? square : mul(build, square, x, origin);
}

function numberOf(call: CheckedCall, value: StaticValue): number | undefined {
  if (value.type === "int") return call.context.sizes.valueOf(value.value);
  return value.type === "float" ? value.value : undefined;
}
