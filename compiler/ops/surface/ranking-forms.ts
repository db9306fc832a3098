import { quote } from "../../diagnostics/phrase.ts";
import { argmax, top } from "../build/build-reduction.ts";
import { defineForm, type Form } from "./define-form.ts";
import { tensorOperand } from "./read/form-operands.ts";
import { knownAxes, plainAxis } from "./read/made-axes.ts";
import { asOneAxis, productSize } from "./read/one-axis.ts";
import { fitsInto } from "./read/require-at-most.ts";
import { hasElements, isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

/** Positions of the largest elements. */
export const rankingForms: readonly SurfaceOp[] = [
  defineForm({
    name: "argmax",
    signature: "argmax{K}(x)",
    doc: "The position of the largest element along `K`, the first on a tie, as `i32`.",
    braces: { items: "one" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const x = operandWithAxes(form, "number");
      if (x === undefined || !hasElements(form, form.axes)) return undefined;
      const one = asOneAxis(form, x);
      return one && tensorOperand(argmax(form.context.build, one.x, one.axis, form.context.origin));
    },
  }),
  defineForm({
    name: "top",
    signature: "top{K -> P}(x)",
    doc: "The positions of the `P` largest elements along `K`, largest first, ties by position, as `i32`.",
    braces: { items: "one", to: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateTop,
  }),
];

function elaborateTop(form: Form): Operand | undefined {
  const x = operandWithAxes(form, "number");
  const [item] = form.to;
  const known = knownAxes(form);
  const to = known && item && plainAxis(form, known, item);
  if (x === undefined || to === undefined || !isFreeOf(form, x, form.axes, [to])) return undefined;
  const found = productSize(form, form.axes);
  const what = quote(form.axes.map(form.context.nameOf).join(" * "));
  const question = { what, needed: to.size, found, span: form.span, axes: [...form.axes, to] };
  if (!fitsInto(form, question)) return undefined;
  const one = asOneAxis(form, x);
  return one && tensorOperand(top(form.context.build, one.x, one.axis, to, form.context.origin));
}
