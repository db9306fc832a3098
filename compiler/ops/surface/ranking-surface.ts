import { quote } from "../../diagnostics/phrase.ts";
import { argmax, top } from "../build/build-reduction.ts";
import { defineSurface } from "./define-surface.ts";
import { knownAxes, plainAxis } from "./read/made-axes.ts";
import { asOneAxis, productSize } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { fitsInto } from "./read/require-at-most.ts";
import { hasElements, isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Positions of the largest elements. */
export const rankingSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "argmax",
    signature: "argmax{K}(x)",
    doc: "The position of the largest element along `K`, the first on a tie, as `i32`.",
    braces: { items: "one" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const x = operandWithAxes(call, "number");
      if (x === undefined || !hasElements(call, call.axes)) return undefined;
      const one = asOneAxis(call, x);
      return one && tensorOperand(argmax(call.context.build, one.x, one.axis, call.context.origin));
    },
  }),
  defineSurface({
    name: "top",
    signature: "top{K -> P}(x)",
    doc: "The positions of the `P` largest elements along `K`, largest first, ties by position, as `i32`.",
    braces: { items: "one", to: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateTop,
  }),
];

function elaborateTop(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call, "number");
  const [item] = call.to;
  const known = knownAxes(call);
  const to = known && item && plainAxis(call, known, item);
  if (x === undefined || to === undefined || !isFreeOf(call, x, call.axes, [to])) return undefined;
  const found = productSize(call, call.axes);
  const what = quote(call.axes.map(call.context.nameOf).join(" * "));
  const question = { what, needed: to.size, found, span: call.span, axes: [...call.axes, to] };
  if (!fitsInto(call, question)) return undefined;
  const one = asOneAxis(call, x);
  return one && tensorOperand(top(call.context.build, one.x, one.axis, to, call.context.origin));
}
