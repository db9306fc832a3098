import { invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, Axis, TensorType, Value } from "../../ir/graph/graph.ts";
import { add, constant, convert, div, exp, mul, sub, tanh, where } from "../build/build.ts";
import { maxOver, sum, sumTo } from "../build/build-reduction.ts";
import { axesOf, numberOf, unionAxes, withoutAxes } from "../build/type-rules.ts";
import {
  defineOp,
  type GradientContext,
  type OpDefinition,
  type OpSample,
  type ReferenceTensor,
} from "../define-op.ts";
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

/** The inputs of an attention by what they are: of those behind the values, a mask has booleans, a bias floats. */
export function attendOperands({ inputs }: Pick<Value, "inputs">): {
  readonly query: Value;
  readonly key: Value;
  readonly values: Value;
  readonly mask: Value | undefined;
  readonly bias: Value | undefined;
} {
  const [query, key, values, ...masks] = inputs;
  invariant(
    query !== undefined && key !== undefined && values !== undefined,
    "attend needs query, key and values",
  );
  const isMask = ({ type }: Value): boolean => type.element === "bool";
  const bias = masks.find((input) => !isMask(input));
  return { query, key, values, mask: masks.find(isMask), bias };
}

/** Axes of the scores: everything of query, key, mask and bias but what is contracted. */
function scoreAxes(inputs: readonly TensorType[], attrs: Attrs): readonly Axis[] {
  const [query, key, , ...masks] = inputs;
  invariant(query !== undefined && key !== undefined, "attend needs query and key");
  const contracted = unionAxes([query.axes, key.axes]);
  const products = withoutAxes(contracted, axesOf(attrs, "inner"));
  return unionAxes([products, ...masks.map(({ axes }) => axes)]);
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
  const { query, key, values, mask, bias } = attendOperands(value);
  const keys = axesOf(value.attrs, "keys");
  const scale = constant(build, numberOf(value.attrs, "scale"), query.type.element, origin);
  const scaled = mul(build, query, scale, origin);
  const { score: bent, slope: bending } = bentScore(context, scaled);
  const weight = attentionWeight(context, bent);
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
  const product = bending === undefined ? score : mul(build, score, bending, origin);
  const toQuery = mul(build, mul(build, product, scale, origin), key, origin);
  const toBias = (input: Value): Value =>
    sumTo(build, convert(build, open, input.type.element, origin), input.type, origin);
  return [
    sumTo(build, toQuery, query.type, origin),
    sumTo(build, mul(build, product, scaled, origin), key.type, origin),
    sumTo(build, mul(build, narrow, gradient, origin), values.type, origin),
    ...value.inputs.slice(3).map((input) => (input === bias ? toBias(input) : undefined)),
  ];
}

/** The products of queries and keys, bent below the cap if there is one, and the slope of that. */
function bentScore(
  { build, value, origin }: GradientContext,
  scaled: Value,
): { readonly score: Value; readonly slope?: Value } {
  const products = mul(build, scaled, operandOf(value, 1), origin);
  const score = sum(build, products, axesOf(value.attrs, "inner"), origin);
  if (value.attrs.cap === undefined) return { score };
  const { element } = score.type;
  const cap = constant(build, numberOf(value.attrs, "cap"), element, origin);
  const part = tanh(build, div(build, score, cap, origin), origin);
  const one = constant(build, 1, element, origin);
  const slope = sub(build, one, mul(build, part, part, origin), origin);
  return { score: mul(build, part, cap, origin), slope };
}

/** The softmax of the masked scores, in f32. */
function attentionWeight({ build, value, origin }: GradientContext, score: Value): Value {
  const keys = axesOf(value.attrs, "keys");
  const { mask, bias } = attendOperands(value);
  const added =
    bias === undefined
      ? score
      : add(build, score, convert(build, bias, score.type.element, origin), origin);
  const lowest = constant(build, "lowest", score.type.element, origin);
  const masked = mask === undefined ? added : where(build, mask, added, lowest, origin);
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
  const masks = inputs.slice(3);
  const isMask = ({ type }: ReferenceTensor): boolean => type.element === "bool";
  const [maskAt, biasAt] = [masks.find(isMask), masks.find((input) => !isMask(input))].map(
    (input) => input && elementsOf(input, extent),
  );
  const bent = (score: number): number =>
    attrs.cap === undefined
      ? score
      : numberOf(attrs, "cap") * Math.tanh(score / numberOf(attrs, "cap"));
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
      const score = bent(product * scale) + (biasAt?.(here) ?? 0);
      scores.push(isOpen ? score : lowestOf(type.element));
      values.push(valueAt(here));
    });
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - most));
    const total = weights.reduce((a, b) => a + b, 0);
    return values.reduce((result, v, n) => result + v * ((weights[n] ?? 0) / total), 0);
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
