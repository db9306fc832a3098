import { quote } from "../../diagnostics/phrase.ts";
import type { Size } from "../../dims/size.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { merge, split } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { declaredAxes } from "./read/declared-axes.ts";
import { plainAxis, reportUnknownSize } from "./read/made-axes.ts";
import { productSize } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { hasElements, isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { BraceItem, Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** One axis as several, several as one. */
export const reshapingSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "split",
    signature: "split{D -> H, K}(x)",
    doc: "`D` as several axes in its place, row-major as written; the size of one may be left to follow.",
    braces: { items: "one", to: "many" },
    parameters: [{ name: "x" }],
    elaborate: elaborateSplit,
  }),
  defineSurface({
    name: "merge",
    signature: "merge{H, K -> D}(x)",
    doc: "Several axes as one, in the place of the first, row-major as written.",
    braces: { items: "many", to: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateMerge,
  }),
];

function elaborateSplit(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const [item] = call.items;
  const axis = item && plainAxis(call, call.axes, item);
  if (x === undefined || axis === undefined) return undefined;
  const to = splitAxes(call, axis);
  if (to === undefined || !isFreeOf(call, x, [axis], to)) return undefined;
  return tensorOperand(split(call.context.build, x, axis, to, call.context.origin));
}

/** The axes that `axis` becomes; at most one is new, and has what the others leave. */
function splitAxes(call: CheckedCall, axis: Axis): readonly Axis[] | undefined {
  const { sizes } = call.context;
  const [fresh, ...more] = call.to.filter((item) => item.kind === "new");
  const second = more[0];
  if (second !== undefined) return reportUnknownSize(call, second);
  const known = call.to.flatMap((item) => axesOfItem(call, item));
  const product = productSize(call, known);
  if (fresh === undefined) {
    const what = quote(known.map(call.context.nameOf).join(" * "));
    const axes = [axis, ...known];
    const question = { what, needed: axis.size, found: product, span: call.span, axes };
    return isSameSize(call, question) ? known : undefined;
  }
  if (!hasElements(call, known)) return undefined;
  const rest = sizes.divide(axis.size, product, call.context.facts);
  if (rest === undefined) return reportDivision(call, axis, known, product);
  const made = fresh.define(rest);
  return call.to.flatMap((item) => (item === fresh ? [made] : axesOfItem(call, item)));
}

function elaborateMerge(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const [item] = call.to;
  if (x === undefined || item === undefined) return undefined;
  const to = mergedAxis(call, item);
  if (to === undefined || !isFreeOf(call, x, call.axes, [to])) return undefined;
  return tensorOperand(merge(call.context.build, x, call.axes, to, call.context.origin));
}

function mergedAxis(call: CheckedCall, item: BraceItem): Axis | undefined {
  const product = productSize(call, call.axes);
  if (item.kind === "new") return item.define(product);
  const to = plainAxis(call, axesOfItem(call, item), item);
  if (to === undefined) return undefined;
  const axes = [to, ...call.axes];
  const { span } = call;
  const question = {
    what: quote(call.context.nameOf(to)),
    needed: product,
    found: to.size,
    span,
    axes,
  };
  return isSameSize(call, question) ? to : undefined;
}

function axesOfItem(call: CheckedCall, item: BraceItem): readonly Axis[] {
  if (item.kind === "axes") return item.axes;
  return item.kind === "rest" ? (call.context.restAxes ?? []) : [];
}

function reportDivision(
  call: CheckedCall,
  axis: Axis,
  known: readonly Axis[],
  product: Size,
): undefined {
  const { sizes, sink } = call.context;
  const [left, right] = [sizes.format(axis.size), sizes.format(product)];
  const isKnown = sizes.valueOf(axis.size) !== undefined && sizes.valueOf(product) !== undefined;
  const hint = isKnown ? "the sizes of the new axes multiply to that of the old one" : undefined;
  const related = declaredAxes(call, [axis, ...known]);
  const promise = hint ?? `\`where ${left} % ${right} == 0\` promises it`;
  sink.report("inexact-division", call.span, { left, right, isKnown }, { related, hint: promise });
  return undefined;
}
