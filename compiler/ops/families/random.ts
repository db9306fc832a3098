import { call } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { Axis, TensorType } from "../../ir/graph/graph.ts";
import { noSample, sampleBits, uniformBits, uniformFromBits } from "../../ir/random.ts";
import { axesOf, numberOf } from "../build/type-rules.ts";
import { defineOp, type OpSample } from "../define-op.ts";
import { linearIndex, view } from "../lowering.ts";
import { elementsOf, linearPosition, tensorAt, tensorOf } from "../reference.ts";

/** Random numbers. The first inputs are the immediates `seed` and `step`. */
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

/** The third input gives the number of the sample in the run, along the axis of samples, or is `noSample`. */
export const sampleUniformOp = defineOp({
  name: "sample_uniform",
  doc: "`random.uniform{B, N}()` in a stage: numbers in [0, 1) that depend on seed, step, stream, the number of the sample and the element's own place in it, whatever the batch (threefry2x32, 20 rounds, twice).",
  infer: (_inputs, attrs) => ({ element: "f32", axes: axesOf(attrs, "axes") }),
  gradient: "random numbers depend on no number that could change a little",
  lowering: view(({ attrs, inputTypes, at, extent, input }) => {
    const own = placesIn(axesOf(attrs, "axes"), inputTypes[2]);
    const element = call("to_u32", [linearIndex(own, extent, at)], "u32");
    const stream: Expr = { kind: "constant", type: "u32", value: numberOf(attrs, "stream") };
    const operands = [stream, input(0, at), input(1, at), input(2, at), element];
    return call("sample_uniform", operands, "f32");
  }),
  reference: (inputs, attrs, type, extent) => {
    const [seed, step] = inputs;
    const samples = tensorAt(inputs, 2);
    const sampleOf = elementsOf(samples, extent);
    const own = placesIn(axesOf(attrs, "axes"), samples.type);
    const stream = numberOf(attrs, "stream");
    return tensorOf(type, extent, (at) => {
      const element = linearPosition(own, extent, at);
      return uniformFromBits(
        sampleBits(stream, seed?.data[0] ?? 0, step?.data[0] ?? 0, sampleOf(at), element),
      );
    });
  },
  samples: [ofSamples("samples in the middle", true), ofSamples("none", false)],
});

/** The axes that say where an element is in its sample. */
function placesIn(axes: readonly Axis[], samples: TensorType | undefined): readonly Axis[] {
  return axes.filter((axis) => !samples?.axes.includes(axis));
}

function ofSamples(name: string, hasSamples: boolean): OpSample {
  return {
    name,
    make: (build) => {
      const [n, b, d] = [build.axis("N", 3), build.axis("B", 4), build.axis("D", 5)];
      return {
        inputs: [
          { element: "u32", axes: [] },
          { element: "u32", axes: [] },
          { element: "u32", axes: hasSamples ? [b] : [] },
        ],
        attrs: { axes: [n, b, d], stream: 0x9e3779b9 },
      };
    },
    ranges: [[0, 1000], [0, 1000], hasSamples ? [0, 1000] : [noSample, noSample]],
  };
}
