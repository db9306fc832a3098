import { quote } from "../../diagnostics/phrase.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { expand, rename } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { tensorFor } from "./read/meet-operands.ts";
import { argumentsOf, tensorOperand } from "./read/operands.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Other names and more axes. */
export const renamingSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "rename",
    signature: "rename{N -> M}(x)",
    doc: "`M` in the place of `N`; both have one size.",
    braces: { items: "many", to: "many" },
    parameters: [{ name: "x" }],
    elaborate: elaborateRename,
  }),
  defineSurface({
    name: "expand",
    signature: "expand{B}(x)",
    doc: "`x` repeated along those of the axes that it lacks, which stand in front.",
    braces: { items: "many" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const [argument] = argumentsOf(call, "x");
      const x = argument && tensorFor(call, argument);
      return x && tensorOperand(expand(call.context.build, x, call.axes, call.context.origin));
    },
  }),
];

function elaborateRename(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const to = x && renamedAxes(call);
  if (x === undefined || to === undefined || !isFreeOf(call, x, call.axes, to)) return undefined;
  return tensorOperand(rename(call.context.build, x, call.axes, to, call.context.origin));
}

/** The new names in order, each with the size of the axis that it replaces. */
function renamedAxes(call: CheckedCall): readonly Axis[] | undefined {
  const made: Axis[] = [];
  for (const item of call.to) {
    const old = call.axes[made.length];
    if (item.kind === "new" && old !== undefined) made.push(item.define(old.size));
    else if (item.kind === "axes") made.push(...item.axes);
    else if (item.kind === "rest") made.push(...(call.context.restAxes ?? []));
  }
  if (made.length !== call.axes.length) {
    call.context.sink.report("wrong-arity", call.span, {
      callee: quote(call.name),
      needed: "as many axes after `->` as before",
      found: made.length,
      signature: call.signature,
    });
    return undefined;
  }
  for (const [n, axis] of made.entries()) {
    const old = call.axes[n] ?? axis;
    const question = { what: quote(call.context.nameOf(axis)), needed: old.size, found: axis.size };
    if (!isSameSize(call, { ...question, span: call.span, axes: [old, axis] })) return undefined;
  }
  return made;
}
