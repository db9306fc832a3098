import { element, segment, split, take } from "../build/build-movement.ts";
import { defineForm, type Form } from "./define-form.ts";
import { tensorOperand } from "./read/form-operands.ts";
import { namedSegment } from "./read/named-segment.ts";
import { asOneAxis } from "./read/one-axis.ts";
import { readPositions } from "./read/read-positions.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { amountFor } from "./read/static-amount.ts";
import type { Operand } from "./surface.ts";

/** `take`: by a number, by a tensor of positions, by the name of a segment. */
export const takeForm = defineForm({
  name: "take",
  signature: "take{N: p}(x)",
  doc: "The elements at positions `p` along `N`, a number or a tensor of `i32`; outside of `N` the value is 0. Axes of `p` that `x` lacks take the place of `N`, shared ones are batch axes. `take{Tok: Patch}` is a segment in the place of the join.",
  braces: { items: "one", at: true },
  parameters: [{ name: "x" }],
  elaborate: (form) => {
    const [item] = form.items;
    if (item?.kind !== "axes" || item.at === undefined) return undefined;
    return item.at.kind === "axes" ? takeSegment(form) : takePositions(form);
  },
});

function takeSegment(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const found = namedSegment(form);
  if (x === undefined || found === undefined) return undefined;
  const { axis, axes, number } = found;
  if (number === "all") return tensorOperand(x);
  if (!isFreeOf(form, x, [axis], axes)) return undefined;
  const { build, origin } = form.context;
  // In the generic check only the type matters, and `split` has it.
  return tensorOperand(
    number === "unknown"
      ? split(build, x, axis, axes, origin)
      : segment(build, x, axis, number, origin),
  );
}

function takePositions(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const positions = readPositions(form);
  const one = x && asOneAxis(form, x);
  if (one === undefined || positions === undefined) return undefined;
  const { build, origin } = form.context;
  if (positions.kind === "tensor") {
    return tensorOperand(take(build, one.x, one.axis, positions.value, origin));
  }
  const position = amountFor(form.context, positions.position);
  return tensorOperand(element(build, one.x, one.axis, position, origin));
}
