import { call } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { uniformBits, uniformFromBits } from "../../ir/random.ts";
import { axesOf, numberOf } from "../build/type-rules.ts";
import { defineOp } from "../define-op.ts";
import { linearIndex, view } from "../lowering.ts";
import { linearPosition, tensorOf } from "../reference.ts";

/** Random numbers. Inputs are the immediates `seed` and `step`. */
export const uniformOp = defineOp({
  name: "uniform",
  doc: "`random.uniform{B, N}()`: numbers in [0, 1) that depend on seed, step, stream and the element's own place, and on nothing else (threefry2x32, 20 rounds).",
  infer: (_inputs, attrs) => ({ element: "f32", axes: axesOf(attrs, "axes") }),
  gradient: "random numbers depend on no number that could change a little",
  lowering: view(({ attrs, at, extent, input }) => {
    const axes = axesOf(attrs, "axes");
    const counter = call("to_u32", [linearIndex(axes, extent, at)], "u32");
    const stream: Expr = { kind: "constant", type: "u32", value: numberOf(attrs, "stream") };
    return call("uniform", [stream, input(0, at), counter, input(1, at)], "f32");
  }),
  reference: ([seed, step], attrs, type, extent) => {
    const axes = axesOf(attrs, "axes");
    const stream = numberOf(attrs, "stream");
    return tensorOf(type, extent, (at) => {
      const counter = linearPosition(axes, extent, at);
      return uniformFromBits(uniformBits(stream, seed?.data[0] ?? 0, counter, step?.data[0] ?? 0));
    });
  },
  samples: [
    {
      name: "two axes",
      make: (build) => ({
        inputs: [
          { element: "u32", axes: [] },
          { element: "u32", axes: [] },
        ],
        attrs: { axes: [build.axis("N", 3), build.axis("D", 7)], stream: 0x9e3779b9 },
      }),
      ranges: [
        [0, 1000],
        [0, 1000],
      ],
    },
  ],
});
