import { call } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { ElementType } from "../../ir/graph/graph.ts";
import { arithmeticType, elementOf, isFloat, onlyInput } from "../build/type-rules.ts";
import { convertNumber } from "../convert-number.ts";
import { defineOp, type OpSample } from "../define-op.ts";
import { broadcastGradient } from "../gradient.ts";
import { elementwise, operand, view } from "../lowering.ts";
import { pointwise } from "../reference.ts";
import { unarySamples } from "../samples.ts";

/** Changes of type, and the end of a gradient. */
export const convertOp = defineOp({
  name: "convert",
  doc: "Conversion to another element type. Floats become integers towards 0, integers and floats become `true` where they are not 0. References do not round to a float type: that is storage.",
  infer: (inputs, attrs) => ({ element: elementOf(attrs), axes: onlyInput(inputs).axes }),
  gradient: broadcastGradient(({ gradient }) => [gradient]),
  lowering: elementwise((values, { type, inputTypes }) =>
    converted(operand(values, 0), onlyInput(inputTypes).element, type.element),
  ),
  reference: (inputs, attrs, type, extent) =>
    pointwise((x) =>
      convertNumber(x, onlyInput(inputs.map((input) => input.type)).element, type.element),
    )(inputs, attrs, type, extent),
  samples: [
    sample("f32", "f16", [-3, 3]),
    sample("f16", "f32", [-3, 3]),
    sample("f32", "bf16", [-3, 3]),
    sample("f32", "i32", [-3, 3]),
    sample("f32", "u32", [0, 5]),
    sample("i32", "f32", [-9, 9]),
    sample("u32", "f32", [0, 9]),
    sample("i32", "u32", [-9, 9]),
    sample("i32", "bool", [-1, 1]),
    sample("f32", "bool", [-1, 1]),
    sample("bool", "f32", [0, 1]),
    sample("bool", "i32", [0, 1]),
  ],
});

export const stopGradientOp = defineOp({
  name: "stop_gradient",
  doc: "`x`, as a constant for gradients.",
  infer: arithmeticType,
  gradient: "it is there to stop gradients",
  lowering: view(({ input, at }) => input(0, at)),
  reference: pointwise((x) => x),
  samples: unarySamples([-2, 2]),
});

function converted(x: Expr, from: ElementType, to: ElementType): Expr {
  switch (to) {
    case "i32":
      return from === to ? x : call("to_i32", [x], "i32");
    case "u32":
      return from === to ? x : call("to_u32", [x], "u32");
    case "bool":
      return from === to ? x : call("to_bool", [x], "bool");
    default: {
      const wide = isFloat(from) ? x : call("to_f32", [x], "f32");
      if (to === "f16") return call("round_f16", [wide], "f32");
      return to === "bf16" ? call("round_bf16", [wide], "f32") : wide;
    }
  }
}

function sample(from: ElementType, to: ElementType, range: readonly [number, number]): OpSample {
  return {
    name: `${from} to ${to}`,
    make: (build) => ({
      inputs: [{ element: from, axes: [build.axis("N", 3), build.axis("D", 5)] }],
      attrs: { element: to },
    }),
    ranges: [range],
  };
}
