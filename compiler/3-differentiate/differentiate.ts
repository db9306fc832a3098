import { invariant } from "../diagnostics/internal-error.ts";
import type { Graph, GraphOutput, GraphStored, Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import type { Pass } from "../ir/pass.ts";
import { constant, div } from "../ops/build/build.ts";
import { expandTo, reorder } from "../ops/build/build-movement.ts";
import { accumulatedWide } from "./accumulated-wide.ts";
import { reverseMode } from "./reverse-mode.ts";

/** What of a graph is differentiated. */
export interface Differentiated {
  /** The output, one number. */
  readonly loss: string;
  /** Paths of what is stored. */
  readonly by: readonly string[];
  /**
   * What the loss is multiplied with on its way back, and gradients are divided by: f32[]. Small gradients would
   * else be 0 where they are stored in f16.
   */
  readonly scale?: Value | undefined;
}

/**
 * Appends to the outputs of a graph the gradient of one of them by tensors that are stored, each under the path
 * of its tensor and with its axes, element and dimensions.
 */
export function differentiate({
  loss,
  by,
  scale,
}: Differentiated): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "differentiate",
    summary: "append the gradients of the loss by what is trained",
    run: (graph, { build }) => {
      const output = graph.outputs.find(({ name }) => name === loss);
      invariant(output?.value.type.axes.length === 0, `${loss} is not one number`);
      const stored = new Map(graph.stored.map((one) => [one.path, one]));
      const wanted = by.map((path) => {
        const found = stored.get(path);
        invariant(found !== undefined, `there is no ${path} to differentiate by`);
        return found;
      });
      const { value } = output;
      const origin = { kind: "derived", by: "differentiate", from: value } as const;
      const seeds = new Map([[value, scale ?? constant(build, 1, value.type.element, origin)]]);
      const gradients = reverseMode({ build, seeds, wanted: wanted.map((one) => one.value) });
      const outputs = wanted.map((one) =>
        gradientOutput(build, one, gradients.get(one.value), scale),
      );
      return { ...graph, outputs: [...graph.outputs, ...outputs] };
    },
  };
}

/** A tensor that passes through nothing but constants on the way to the loss has the gradient 0. */
function gradientOutput(
  build: GraphBuilder,
  { path, value, dimensions }: GraphStored,
  found: Value | undefined,
  scale: Value | undefined,
): GraphOutput {
  const origin = { kind: "derived", by: "differentiate", from: value } as const;
  const { element, axes } = value.type;
  const gradient = accumulatedWide(build, found ?? constant(build, 0, element, origin));
  const whole = reorder(build, expandTo(build, gradient, axes, origin), axes, origin);
  const own = scale === undefined ? whole : div(build, whole, scale, origin);
  return { name: path, value: own, dimensions };
}
