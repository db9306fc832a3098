import { invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, Axis, TensorType, Value } from "../../ir/graph/graph.ts";
import { constant, convert, div, exp, mul, sub, where } from "../build/build.ts";
import { maxOver, sum, sumTo } from "../build/build-reduction.ts";
import { axesOf, numberOf, unionAxes, withoutAxes } from "../build/type-rules.ts";
import { defineOp, type GradientContext, type OpDefinition, type OpSample } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import {
  elementsOf,
  forEachPosition,
  lowestOf,
  nestedPosition,
  tensorAt,
  tensorOf,
} from "../reference.ts";

/**
 * Scaled dot-product attention as one operation. A pass makes it from the softmax of a contraction that
 * is contracted again; nobody writes it.
 */
export const attendOp = defineOp({
  name: "attend",
  doc: "Softmax over `keys` of `scale` times the sum over `inner` of query times key, the lowest number where the mask is false; then the sum over `keys` of that times the value. Inputs are query, key, value and perhaps a mask; `axes` are those of the result.",
  infer: attendedType,
  gradient: attendGradient,
  lowering: { kind: "engine", engine: "attend" },
  reference: attendReference,
  samples: [
    attendSample("one axis for queries", false, false),
    attendSample("with a mask over queries and keys", true, false),
    attendSample(
      "values along the contracted axis, as `attention` of the library has it",
      true,
      true,
    ),
  ],
});

/** Axes of the scores: everything of query, key and mask but what is contracted. */
function scoreAxes(inputs: readonly TensorType[], attrs: Attrs): readonly Axis[] {
  const [query, key, , mask] = inputs;
  invariant(query !== undefined && key !== undefined, "attend needs query and key");
  const contracted = unionAxes([query.axes, key.axes]);
  return unionAxes([withoutAxes(contracted, axesOf(attrs, "inner")), mask?.axes ?? []]);
}

function attendedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const [query, , value] = inputs;
  invariant(query !== undefined && value !== undefined, "attend needs query and value");
  const weighted = unionAxes([scoreAxes(inputs, attrs), value.axes]);
  const axes = axesOf(attrs, "axes");
  const left = withoutAxes(weighted, [...axes, ...axesOf(attrs, "keys")]);
  invariant(left.length === 0, "attend has all axes but the keys");
  return { element: query.element, axes };
}

/**
 * FlashAttention-2's backward (arXiv 2307.08691) as a graph: with the weights P and dP = dO V^T, the
 * scores get P (dP - sum over keys of P dP).
 */
function attendGradient(context: GradientContext): readonly (Value | undefined)[] {
  const { build, value, gradient, origin } = context;
  const [query, key, values] = [operandOf(value, 0), operandOf(value, 1), operandOf(value, 2)];
  const mask = value.inputs[3];
  const keys = axesOf(value.attrs, "keys");
  const scale = constant(build, numberOf(value.attrs, "scale"), query.type.element, origin);
  const scaled = mul(build, query, scale, origin);
  const weight = attentionWeight(context, scaled);
  const narrow = convert(build, weight, query.type.element, origin);

  const axes = scoreAxes(
    value.inputs.map((input) => input.type),
    value.attrs,
  );
  const products = mul(build, gradient, values, origin);
  const summed = products.type.axes.filter((axis) => !axes.includes(axis));
  const slope = convert(build, sum(build, products, summed, origin), "f32", origin);
  const share = sum(build, mul(build, weight, slope, origin), keys, origin);
  const steep = mul(build, weight, sub(build, slope, share, origin), origin);
  const zero = constant(build, 0, "f32", origin);
  const open = mask === undefined ? steep : where(build, mask, steep, zero, origin);
  const score = convert(build, open, query.type.element, origin);
  const toQuery = mul(build, mul(build, score, scale, origin), key, origin);
  return [
    sumTo(build, toQuery, query.type, origin),
    sumTo(build, mul(build, score, scaled, origin), key.type, origin),
    sumTo(build, mul(build, narrow, gradient, origin), values.type, origin),
    ...(mask === undefined ? [] : [undefined]),
  ];
}

/** The softmax of the masked scores, in f32. */
function attentionWeight({ build, value, origin }: GradientContext, scaled: Value): Value {
  const keys = axesOf(value.attrs, "keys");
  const products = mul(build, scaled, operandOf(value, 1), origin);
  const score = sum(build, products, axesOf(value.attrs, "inner"), origin);
  const mask = value.inputs[3];
  const lowest = constant(build, "lowest", score.type.element, origin);
  const masked = mask === undefined ? score : where(build, mask, score, lowest, origin);
  const wide = convert(build, masked, "f32", origin);
  const raised = exp(build, sub(build, wide, maxOver(build, wide, keys, origin), origin), origin);
  return div(build, raised, sum(build, raised, keys, origin), origin);
}

function attendReference(
  ...[inputs, attrs, type, extent]: Parameters<OpDefinition["reference"]>
): ReturnType<OpDefinition["reference"]> {
  const [keys, inner] = [axesOf(attrs, "keys"), axesOf(attrs, "inner")];
  const scale = numberOf(attrs, "scale");
  const [queryAt, keyAt, valueAt] = [0, 1, 2].map((n) => elementsOf(tensorAt(inputs, n), extent));
  const maskAt = inputs[3] === undefined ? undefined : elementsOf(inputs[3], extent);
  invariant(queryAt !== undefined && keyAt !== undefined && valueAt !== undefined, "attend");
  return tensorOf(type, extent, (at) => {
    const scores: number[] = [];
    const values: number[] = [];
    forEachPosition(keys, extent, (atKey) => {
      const here = nestedPosition(at, atKey, keys);
      let product = 0;
      forEachPosition(inner, extent, (atInner) => {
        const there = nestedPosition(here, atInner, inner);
        product += queryAt(there) * keyAt(there);
      });
      const isOpen = maskAt === undefined || maskAt(here) !== 0;
      scores.push(isOpen ? product * scale : lowestOf(type.element));
      values.push(valueAt(here));
    });
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - most));
    const total = weights.reduce((a, b) => a + b, 0);
    return values.reduce((result, v, n) => result + v * ((weights[n] ?? 0) / total), 0);
  });
}

function attendSample(name: string, hasMask: boolean, isShared: boolean): OpSample {
  return {
    name,
    make: (build) => {
      const [b, h] = [build.axis("B", 2), build.axis("H", 3)];
      const [n, m, e] = [build.axis("N", 5), build.axis("M", 7), build.axis("E", 4)];
      const along = isShared ? e : build.axis("V", 3);
      const mask = { element: "bool", axes: [b, n, m] } as const;
      return {
        inputs: [
          { element: "f32", axes: [b, n, h, e] },
          { element: "f32", axes: [b, m, h, e] },
          { element: "f32", axes: [b, m, h, along] },
          ...(hasMask ? [mask] : []),
        ],
        attrs: { keys: [m], inner: [e], axes: [b, n, h, along], scale: 0.5 },
      };
    },
    ranges: [
      [-2, 2],
      [-2, 2],
      [-2, 2],
      [0, 1],
    ],
  };
}
