import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Attrs, TensorType } from "../../../ir/graph/graph.ts";
import { axesOf, unionAxes, withoutAxes } from "../../build/type-rules.ts";
import { defineOp, type OpDefinition, type OpSample } from "../../define-op.ts";
import { elementsOf, forEachPosition, nestedPosition, tensorOf } from "../../reference.ts";

import { attendGradient } from "./attend-gradient.ts";
import { operandsAmong, scoreAxes } from "./attend-operands.ts";
import { scoresOf } from "./attend-scores.ts";

/**
 * Scaled dot-product attention as one operation. A pass makes it from the softmax of a contraction that
 * is contracted again; nobody writes it.
 */
export const attendOp = defineOp({
  name: "attend",
  doc: "Softmax over `keys` of `scale` times the sum over `inner` of query times key, bent below `cap` where there is one, plus the bias, the lowest number where the mask is false; then the sum over `keys` of that times the value. Inputs are query, key, value and perhaps a mask of booleans and a bias of floats; `axes` are those of the result.",
  infer: attendedType,
  gradient: attendGradient,
  lowering: { kind: "engine", engine: "attend" },
  reference: attendReference,
  samples: [
    attendSample("one axis for queries"),
    attendSample("with a mask over queries and keys", { mask: true }),
    attendSample("values along the contracted axis, as `attention` of the library has it", {
      mask: true,
      isShared: true,
    }),
    attendSample("with a bias by head and place", { bias: true }),
    attendSample("with scores below a cap, a bias and a mask", {
      mask: true,
      bias: true,
      cap: 1.5,
    }),
  ],
});

function attendedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [query, , value] = inputs;
  invariant(query !== undefined && value !== undefined, "attend needs query and value");
  const weighted = unionAxes([scoreAxes(inputs, attrs), value.axes]);
  const axes = axesOf(attrs, "axes");
  const left = withoutAxes(weighted, [...axes, ...axesOf(attrs, "keys")]);
  invariant(left.length === 0, "attend has all axes but the keys");
  return { element: query.element, axes };
}

function attendReference(
  ...[inputs, attrs, type, extent]: Parameters<OpDefinition["reference"]>
): ReturnType<OpDefinition["reference"]> {
  const keys = axesOf(attrs, "keys");
  const { values } = operandsAmong(inputs, (input) => input.type, false);
  const [scoreAt, valueAt] = [scoresOf(inputs, attrs, extent, false), elementsOf(values, extent)];
  return tensorOf(type, extent, (at) => {
    const scores: number[] = [];
    const weighed: number[] = [];
    forEachPosition(keys, extent, (atKey) => {
      const here = nestedPosition(at, atKey, keys);
      scores.push(scoreAt(here));
      weighed.push(valueAt(here));
    });
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - most));
    const total = weights.reduce((a, b) => a + b, 0);
    return weighed.reduce((result, v, n) => result + v * ((weights[n] ?? 0) / total), 0);
  });
}

interface SampleParts {
  readonly mask?: true;
  readonly bias?: true;
  readonly cap?: number;
  /** Are the values along the axis that is contracted? */
  readonly isShared?: true;
}

function attendSample(name: string, { mask, bias, cap, isShared }: SampleParts = {}): OpSample {
  return {
    name,
    make: (build) => {
      const [b, h] = [build.axis("B", 2), build.axis("H", 3)];
      const [n, m, e] = [build.axis("N", 5), build.axis("M", 7), build.axis("E", 4)];
      const along = isShared ? e : build.axis("V", 3);
      return {
        inputs: [
          { element: "f32", axes: [b, n, h, e] },
          { element: "f32", axes: [b, m, h, e] },
          { element: "f32", axes: [b, m, h, along] },
          ...(mask ? [{ element: "bool", axes: [b, n, m] } as const] : []),
          ...(bias ? [{ element: "f32", axes: [h, n, m] } as const] : []),
        ],
        attrs: {
          keys: [m],
          inner: [e],
          axes: [b, n, h, along],
          scale: 0.5,
          ...(cap !== undefined && { cap }),
        },
      };
    },
    ranges: [
      [-2, 2],
      [-2, 2],
      [-2, 2],
      ...(mask ? [[0, 1] as const] : []),
      ...(bias ? [[-2, 2] as const] : []),
    ],
  };
}
