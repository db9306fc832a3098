import type { SizedStep } from "../../../compiler/assemble/interface-specs.ts";
import type { Value } from "../../../compiler/ir/graph/graph.ts";
import { Sketch } from "./sketch.ts";

export const trainingSizes = { batch: 6, inputs: 40, outputs: 48 } as const;

/**
 * A linear layer that learns `y` from `x` by gradient descent with momentum, as two steps: `apply` updates the
 * weight, the bias and the moment of the weight, and results in the loss before; `evaluate` results in what
 * the layer gives.
 */
export function trainingSteps(): { readonly sketch: Sketch; readonly steps: readonly SizedStep[] } {
  const s = new Sketch();
  const b = s.axis("B", trainingSizes.batch);
  const inner = s.axis("In", trainingSizes.inputs);
  const outer = s.axis("Out", trainingSizes.outputs);
  const weight = s.parameter("linear.weight", [outer, inner]);
  const bias = s.parameter("linear.bias", [outer]);
  const moment = s.moment("optimizer.m.linear.weight", [outer, inner]);
  const layer = (x: Value): Value => s.add(s.sum(s.mul(x, weight), inner), bias);
  const step = (name: string, outputs: Readonly<Record<string, Value>>): SizedStep => {
    const { build, extent } = s;
    return { name, graph: s.graph(outputs), build, extent, sizes: {} };
  };
  const x = s.input("x", [b, inner]);
  const evaluate = step("evaluate", { y: layer(x) });
  const wanted = s.input("wanted", [b, outer]);
  const error = s.sub(layer(x), wanted);
  const gradient = s.sum(s.mul(error, x), b);
  const next = s.store(moment, s.add(s.mul(moment, 0.9), s.reorder(gradient, outer, inner)));
  s.store(weight, s.sub(weight, s.mul(next, 0.01)));
  s.store(bias, s.sub(bias, s.mul(s.sum(error, b), 0.01)));
  return {
    sketch: s,
    steps: [step("apply", { loss: s.sum(s.mul(error, error), b, outer) }), evaluate],
  };
}
