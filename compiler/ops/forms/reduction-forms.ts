import type { Axis, Origin, Value } from "../../ir/graph.ts";
import type { GraphBuilder } from "../../ir/graph-builder.ts";
import { maxOver, mean, minOver, sum } from "../build-reduction.ts";
import type { SurfaceOp } from "../surface.ts";
import { defineForm } from "./define-form.ts";
import { argumentsOf, tensorOperand } from "./form-operands.ts";
import { type ElementRule, meetOperands } from "./meet-operands.ts";
import { hasAxes, hasElements } from "./require-axes.ts";

type Reduce = (build: GraphBuilder, x: Value, axes: readonly Axis[], origin: Origin) => Value;

/** What combines the elements along axes. */
export const reductionForms: readonly SurfaceOp[] = [
  reductionForm("sum", "The sum over axes; 0 where there is nothing.", "number", sum),
  reductionForm("mean", "The mean over axes.", "float", mean),
  reductionForm("max", "The largest element over axes.", "number", maxOver),
  reductionForm("min", "The smallest element over axes.", "number", minOver),
];

function reductionForm(name: string, doc: string, rule: ElementRule, make: Reduce): SurfaceOp {
  return defineForm({
    name,
    signature: `${name}{K}(x)`,
    doc,
    braces: { items: "many" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const args = argumentsOf(form, "x");
      const [x] = meetOperands(form, args, rule) ?? [];
      const [argument] = args;
      if (x === undefined || argument === undefined) return undefined;
      if (!hasAxes(form, x, form.axes, argument.span)) return undefined;
      if (name !== "sum" && !hasElements(form, form.axes)) return undefined;
      return tensorOperand(make(form.context.build, x, form.axes, form.context.origin));
    },
  });
}
