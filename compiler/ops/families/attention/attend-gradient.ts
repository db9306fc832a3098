import type { Value } from "../../../ir/graph/graph.ts";
import { add, constant, convert, div, exp, mul, sub, tanh, where } from "../../build/build.ts";
import { maxOver, sum, sumTo } from "../../build/build-reduction.ts";
import { axesOf, numberOf } from "../../build/type-rules.ts";
import type { GradientContext } from "../../define-op.ts";
import { operandOf } from "../../gradient.ts";
import { attendAxes, attendOperands, scoreAxes } from "./attend-operands.ts";
import { attendBackOps } from "./attending-back.ts";

/**
 * The way back of an attention (FlashAttention-2, arXiv 2307.08691) by operations that keep no score: the
 * logarithm of each row's sum is kept, and weights are made again from it. What these do not cover goes the
 * way of a graph: axes of the values that only queries have, both kinds of mask at once, and the gradient of
 * what is added to the scores.
 */
export function attendGradient(context: GradientContext): readonly (Value | undefined)[] {
  const { build, value, gradient, origin } = context;
  const { attrs, inputs } = value;
  const { query, key, values, mask, bias } = attendOperands(value);
  if (!isRegular(value) || (mask !== undefined && bias !== undefined)) {
    return attendGraphGradient(context);
  }
  const make = (op: keyof typeof attendBackOps, operands: readonly Value[]): Value => {
    const types = operands.map(({ type }) => type);
    return build.value(op, operands, attrs, attendBackOps[op].infer(types, attrs), origin);
  };
  const logSum = make("attend_log_sum", inputs);
  const back = (share: Value): readonly Value[] => [
    query,
    key,
    values,
    gradient,
    logSum,
    share,
    ...inputs.slice(3),
  ];
  const ofQuery = back(value);
  const ofKey = back(make("attend_delta", ofQuery));
  const to = (part: Value, { type }: Value): Value => sumTo(build, part, type, origin);
  return [
    to(make("attend_back_query", ofQuery), query),
    to(make("attend_back_key", ofKey), key),
    to(make("attend_back_value", ofKey), values),
    ...(bias === undefined ? [] : attendGraphGradient(context).slice(3)),
    ...(mask === undefined ? [] : [undefined]),
  ];
}

/** Does every axis of keys and values belong to the batch, or to what is summed or weighed? */
function isRegular(value: Value): boolean {
  const operands = attendOperands(value);
  const { batch, keys, inner, valueAxes } = attendAxes(operands, value.attrs);
  const own = [...batch, ...keys];
  return (
    operands.key.type.axes.every((axis) => own.includes(axis) || inner.includes(axis)) &&
    operands.values.type.axes.every((axis) => own.includes(axis) || valueAxes.includes(axis))
  );
}

/**
 * The same as a graph, which stores scores, and judges the operations above: with the weights P and dP = dO V^T, the
 * scores get P (dP - sum over keys of P dP).
 */
export function attendGraphGradient(context: GradientContext): readonly (Value | undefined)[] {
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
