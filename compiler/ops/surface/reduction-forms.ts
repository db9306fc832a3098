import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { maxOver, mean, minOver, sum } from "../build/build-reduction.ts";
import { defineForm } from "./define-form.ts";
import { tensorOperand } from "./read/form-operands.ts";
import type { ElementRule } from "./read/meet-operands.ts";
import { hasElements, operandWithAxes } from "./read/require-axes.ts";
import type { SurfaceOp } from "./surface.ts";

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
      const x = operandWithAxes(form, rule);
      if (x === undefined) return undefined;
      if (name !== "sum" && !hasElements(form, form.axes)) return undefined;
      return tensorOperand(make(form.context.build, x, form.axes, form.context.origin));
    },
  });
}
