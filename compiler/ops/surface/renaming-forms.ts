import { quote } from "../../diagnostics/phrase.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { expand, rename } from "../build/build-movement.ts";
import { defineForm, type Form } from "./define-form.ts";
import { argumentsOf, tensorOperand } from "./read/form-operands.ts";
import { tensorFor } from "./read/meet-operands.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

/** Other names and more axes. */
export const renamingForms: readonly SurfaceOp[] = [
  defineForm({
    name: "rename",
    signature: "rename{N -> M}(x)",
    doc: "`M` in the place of `N`; both have one size.",
    braces: { items: "many", to: "many" },
    parameters: [{ name: "x" }],
    elaborate: elaborateRename,
  }),
  defineForm({
    name: "expand",
    signature: "expand{B}(x)",
    doc: "`x` repeated along those of the axes that it lacks, which stand in front.",
    braces: { items: "many" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const [argument] = argumentsOf(form, "x");
      const x = argument && tensorFor(form, argument);
      return x && tensorOperand(expand(form.context.build, x, form.axes, form.context.origin));
    },
  }),
];

function elaborateRename(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const to = x && renamedAxes(form);
  if (x === undefined || to === undefined || !isFreeOf(form, x, form.axes, to)) return undefined;
  return tensorOperand(rename(form.context.build, x, form.axes, to, form.context.origin));
}

/** The new names in order, each with the size of the axis that it replaces. */
function renamedAxes(form: Form): readonly Axis[] | undefined {
  const made: Axis[] = [];
  for (const item of form.to) {
    const old = form.axes[made.length];
    if (item.kind === "new" && old !== undefined) made.push(item.define(old.size));
    else if (item.kind === "axes") made.push(...item.axes);
    else if (item.kind === "rest") made.push(...(form.context.restAxes ?? []));
  }
  if (made.length !== form.axes.length) {
    form.context.sink.report("wrong-arity", form.span, {
      callee: quote(form.name),
      needed: "as many axes after `->` as before",
      found: made.length,
      signature: form.signature,
    });
    return undefined;
  }
  for (const [n, axis] of made.entries()) {
    const old = form.axes[n] ?? axis;
    const question = { what: quote(form.context.nameOf(axis)), needed: old.size, found: axis.size };
    if (!isSameSize(form, { ...question, span: form.span, axes: [old, axis] })) return undefined;
  }
  return made;
}
