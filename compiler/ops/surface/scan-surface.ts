import { quote } from "../../diagnostics/phrase.ts";
import { reorder, split } from "../build/build-movement.ts";
import { cumsum } from "../build/build-reduction.ts";
import { defineSurface } from "./define-surface.ts";
import { asOneAxis } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { operandWithAxes } from "./read/require-axes.ts";
import { textOf } from "./read/text-of.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Sums that run along an axis. */
export const cumsumSurface = defineSurface({
  name: "cumsum",
  signature: "cumsum{N}(x, exclusive: false, reverse: false)",
  doc: "At each position the sum of what comes before it along `N` and of itself, which `exclusive` leaves out; with `reverse` of what comes after it.",
  braces: { items: "one" },
  parameters: [
    { name: "x" },
    { name: "exclusive", optional: true },
    { name: "reverse", optional: true },
  ],
  elaborate: (call) => {
    const x = operandWithAxes(call, "number");
    const exclusive = staticFlag(call, "exclusive");
    const reverse = staticFlag(call, "reverse");
    if (x === undefined || exclusive === undefined || reverse === undefined) return undefined;
    const one = asOneAxis(call, x);
    if (one === undefined) return undefined;
    const { build, origin } = call.context;
    const found = cumsum(build, one.x, one.axis, { exclusive, reverse }, origin);
    if (one.x === x) return tensorOperand(found);
    const spread = split(build, found, one.axis, call.axes, origin);
    return tensorOperand(reorder(build, spread, x.type.axes, origin));
  },
});

/** A static `bool` among the arguments; left out, and where settings are unknown, false. */
function staticFlag(call: CheckedCall, name: string): boolean | undefined {
  const [argument] = call.args.get(name) ?? [];
  if (argument === undefined) return false;
  const { operand, span } = argument;
  if (operand.kind === "static" && operand.value.type === "bool")
    return operand.value.value ?? false;
  if (operand.kind === "error") return undefined;
  call.context.sink.report("argument-type", span, {
    callee: quote(call.name),
    name,
    needed: "a `bool` that is known before the model runs",
    found: operand.kind === "static" ? `a ${quote(operand.value.type)}` : textOf(span),
  });
  return undefined;
}
