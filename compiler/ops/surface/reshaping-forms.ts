import { quote } from "../../diagnostics/phrase.ts";
import type { Size } from "../../dims/size.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { merge, split } from "../build/build-movement.ts";
import { defineForm, type Form } from "./define-form.ts";
import { declaredAxes } from "./read/declared-axes.ts";
import { tensorOperand } from "./read/form-operands.ts";
import { plainAxis, reportUnknownSize } from "./read/made-axes.ts";
import { productSize } from "./read/one-axis.ts";
import { hasElements, isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { BraceItem, Operand, SurfaceOp } from "./surface.ts";

/** One axis as several, several as one. */
export const reshapingForms: readonly SurfaceOp[] = [
  defineForm({
    name: "split",
    signature: "split{D -> H, K}(x)",
    doc: "`D` as several axes in its place, row-major as written; the size of one may be left to follow.",
    braces: { items: "one", to: "many" },
    parameters: [{ name: "x" }],
    elaborate: elaborateSplit,
  }),
  defineForm({
    name: "merge",
    signature: "merge{H, K -> D}(x)",
    doc: "Several axes as one, in the place of the first, row-major as written.",
    braces: { items: "many", to: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateMerge,
  }),
];

function elaborateSplit(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const [item] = form.items;
  const axis = item && plainAxis(form, form.axes, item);
  if (x === undefined || axis === undefined) return undefined;
  const to = splitAxes(form, axis);
  if (to === undefined || !isFreeOf(form, x, [axis], to)) return undefined;
  return tensorOperand(split(form.context.build, x, axis, to, form.context.origin));
}

/** The axes that `axis` becomes; at most one is new, and has what the others leave. */
function splitAxes(form: Form, axis: Axis): readonly Axis[] | undefined {
  const { sizes } = form.context;
  const [fresh, ...more] = form.to.filter((item) => item.kind === "new");
  const second = more[0];
  if (second !== undefined) return reportUnknownSize(form, second);
  const known = form.to.flatMap((item) => axesOfItem(form, item));
  const product = productSize(form, known);
  if (fresh === undefined) {
    const what = quote(known.map(form.context.nameOf).join(" * "));
    const axes = [axis, ...known];
    const question = { what, needed: axis.size, found: product, span: form.span, axes };
    return isSameSize(form, question) ? known : undefined;
  }
  if (!hasElements(form, known)) return undefined;
  const rest = sizes.divide(axis.size, product, form.context.facts);
  if (rest === undefined) return reportDivision(form, axis, known, product);
  const made = fresh.define(rest);
  return form.to.flatMap((item) => (item === fresh ? [made] : axesOfItem(form, item)));
}

function elaborateMerge(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const [item] = form.to;
  if (x === undefined || item === undefined) return undefined;
  const to = mergedAxis(form, item);
  if (to === undefined || !isFreeOf(form, x, form.axes, [to])) return undefined;
  return tensorOperand(merge(form.context.build, x, form.axes, to, form.context.origin));
}

function mergedAxis(form: Form, item: BraceItem): Axis | undefined {
  const product = productSize(form, form.axes);
  if (item.kind === "new") return item.define(product);
  const to = plainAxis(form, axesOfItem(form, item), item);
  if (to === undefined) return undefined;
  const axes = [to, ...form.axes];
  const { span } = form;
  const question = {
    what: quote(form.context.nameOf(to)),
    needed: product,
    found: to.size,
    span,
    axes,
  };
  return isSameSize(form, question) ? to : undefined;
}

function axesOfItem(form: Form, item: BraceItem): readonly Axis[] {
  if (item.kind === "axes") return item.axes;
  return item.kind === "rest" ? (form.context.restAxes ?? []) : [];
}

function reportDivision(form: Form, axis: Axis, known: readonly Axis[], product: Size): undefined {
  const { sizes, sink } = form.context;
  const [left, right] = [sizes.format(axis.size), sizes.format(product)];
  const isKnown = sizes.valueOf(axis.size) !== undefined && sizes.valueOf(product) !== undefined;
  const hint = isKnown ? "the sizes of the new axes multiply to that of the old one" : undefined;
  const related = declaredAxes(form, [axis, ...known]);
  const promise = hint ?? `\`where ${left} % ${right} == 0\` promises it`;
  sink.report("inexact-division", form.span, { left, right, isKnown }, { related, hint: promise });
  return undefined;
}
