import type { Attrs, ElementType, Value } from "../ir/graph/graph.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { rewriteGraph } from "./rewrite-graph.ts";

/**
 * `real` becomes the float in which the policy stores activations and weights. Arithmetic stays f32 in
 * kernels, so this decides what is rounded when it is stored, and which conversions are none.
 */
export const decidePrecision: GraphPass = {
  name: "decide-precision",
  summary: "give `real` the float of the precision policy and drop conversions that change nothing",
  run: (graph, context) =>
    rewriteGraph(graph, "decide-precision", context, dropConversion, {
      attrs: (value) => decidedAttrs(value.attrs, context),
      type: (value) =>
        value.type.element === "real"
          ? { element: decided(value.type.element, context), axes: value.type.axes }
          : value.type,
    }),
};

function dropConversion(value: Value): Value {
  const [input] = value.inputs;
  const isIdle = value.op === "convert" && input?.type.element === value.type.element;
  return isIdle && input !== undefined ? input : value;
}

function decided(element: ElementType, { precision }: PassContext): ElementType {
  return element === "real" ? precision : element;
}

function decidedAttrs(attrs: Attrs, { precision }: PassContext): Attrs {
  return attrs.element === "real" ? { ...attrs, element: precision } : attrs;
}
