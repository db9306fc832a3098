import { element, segment, split, take } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { namedSegment } from "./read/named-segment.ts";
import { asOneAxis } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { readPositions } from "./read/read-positions.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { amountFor } from "./read/static-amount.ts";
import type { Operand } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** `take`: by a number, by a tensor of positions, by the name of a segment. */
export const takeSurface = defineSurface({
  name: "take",
  signature: "take{N: p}(x)",
  doc: "The elements at positions `p` along `N`, a number or a tensor of `i32`; outside of `N` the value is 0. Axes of `p` that `x` lacks take the place of `N`, shared ones are batch axes. `take{Tok: Patch}` is a segment in the place of the join.",
  braces: { items: "one", at: true },
  parameters: [{ name: "x" }],
  elaborate: (call) => {
    const [item] = call.items;
    if (item?.kind !== "axes" || item.at === undefined) return undefined;
    return item.at.kind === "axes" ? takeSegment(call) : takePositions(call);
  },
});

function takeSegment(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const found = namedSegment(call);
  if (x === undefined || found === undefined) return undefined;
  const { axis, axes, number } = found;
  if (number === "all") return tensorOperand(x);
  if (!isFreeOf(call, x, [axis], axes)) return undefined;
  const { build, origin } = call.context;
  // In the generic check only the type matters, and `split` has it.
  return tensorOperand(
    number === "unknown"
      ? split(build, x, axis, axes, origin)
      : segment(build, x, axis, number, origin),
  );
}

function takePositions(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const positions = readPositions(call);
  const one = x && asOneAxis(call, x);
  if (one === undefined || positions === undefined) return undefined;
  const { build, origin } = call.context;
  if (positions.kind === "tensor") {
    return tensorOperand(take(build, one.x, one.axis, positions.value, origin));
  }
  const position = amountFor(call.context, positions.position);
  return tensorOperand(element(build, one.x, one.axis, position, origin));
}
